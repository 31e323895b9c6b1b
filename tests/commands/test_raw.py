"""Raw writes: what a provider makes of them is judged as any other command, and two of one type do not mix."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.commands import Door
from app.errors import CommandError
from app.model import Device, DeviceKind, Kind, Point, Setting, Value, Words
from app.providers import Put
from app.turn import Turn
from tests.commands.rig import SETTINGS, Desk, Vendor, desk
from tests.core.factory import device

DANGEROUS: dict[str, Any] = {"allow_dangerous": True, "confirm_token": "a-token-of-mine"}


class Putter(Vendor):
    """Understands `limit`, and anything else as texts."""

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        del device, method
        texts = [str(raw) for raw in (params.values() if isinstance(params, Mapping) else params)]
        if kind == "limit":
            return Put(SETTINGS[0], {"export_limit": float(texts[0])})
        values: dict[str, Value] = {f"put_{kind}_{n}": text for n, text in enumerate(texts, 1)}
        points = tuple(Point(key, key, kind=Kind.TEXT, accepts=Words()) for key in values)
        return Put(Setting(f"put_{kind}", points, danger=True, reads_back=False), values)


async def put(work: Desk, kind: str, *params: object) -> Mapping[str, Any]:
    request = {"method": "write", "serial": "growatt_abc", "type": kind, "params": list(params)}
    return await work.engine.put({**request, "confirm": "a-token-of-mine"})


async def test_a_raw_write_has_the_limits_of_its_setting() -> None:
    async with desk(Putter()) as work:
        await put(work, "limit", 500)
        await work.pass_time()
        (answer,) = work.broker.results()
        assert (answer["status"], answer["code"]) == ("rejected", "out_of_range")
        await put(work, "limit", 50)
        await work.pass_time(60)
        assert work.broker.results()[-1]["status"] == "confirmed"
        assert work.vendor.writes == [{"export_limit": 50.0}]


async def test_raw_writes_of_one_type_with_more_and_fewer_parameters_are_not_cut() -> None:
    async with desk(Putter(), **DANGEROUS) as work:
        await put(work, "odd", "1")
        await put(work, "odd", "2", "3")
        await put(work, "odd", "4")
        await work.pass_time(60)
        assert work.vendor.writes[-2:] == [{"put_odd_1": "2", "put_odd_2": "3"}, {"put_odd_1": "4"}]
        assert {answer["status"] for answer in work.broker.results("put_odd")} <= {"unconfirmed", "superseded"}
        assert len(work.broker.results("put_odd")) == 3


async def test_the_method_decides_which_account_a_raw_write_goes_through() -> None:
    class Strange(Putter):
        def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
            msg = f"{method} is none of ours"
            raise CommandError(msg, "unknown_target")

    strange, mine = Strange(), Putter()
    async with desk(strange) as work:
        work.door = Door("token", strange, work.turn, (Door("app", mine, Turn()),))
        await put(work, "limit", 50)
        await work.pass_time(60)
        assert (strange.writes, mine.writes) == ([], [{"export_limit": 50.0}])
        assert work.broker.results()[-1]["status"] == "confirmed"
        work.send(60)  # by its point it goes through the best account
        await work.pass_time(60)
        assert strange.writes == [{"export_limit": 60.0}]
    async with desk(strange, **DANGEROUS) as work:
        work.door = Door("token", strange, work.turn, (Door("app", mine, Turn()),))
        await put(work, "odd", "1")
        await work.pass_time(60)
        assert mine.writes[-1] == {"put_odd_1": "1"}
        work.door = Door("token", strange, work.turn, (Door("other", strange, Turn()),))
        with pytest.raises(CommandError, match="write is none of ours; write is none of ours"):
            await put(work, "odd", "1")
        work.door = Door("token", Vendor(), work.turn)
        with pytest.raises(CommandError, match="no account that takes raw writes"):
            await put(work, "odd", "1")


async def test_what_a_method_says_of_its_parameters_is_what_the_sender_hears() -> None:
    class Strict(Putter):
        def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
            msg = "that is no number"
            raise CommandError(msg, "invalid_value")

    class Strange(Putter):
        def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
            msg = "none of ours"
            raise CommandError(msg, "not_writable")

    async with desk(Putter()) as work:
        work.door = Door("token", Strange(), work.turn, (Door("app", Strict(), Turn()),))
        with pytest.raises(CommandError, match=r"^that is no number$"):
            await put(work, "limit", 50)


async def test_a_plant_is_found_by_its_own_number_too() -> None:
    async with desk(Putter()) as work:
        plant = replace(device(), id="growatt_plant_77", kind=DeviceKind.PLANT, serial="", attributes={"plant": "77"})
        below = replace(device(), id="growatt_below", serial="B", attributes={"plant": "77"})
        await work.rig.bridge.found(below)
        await work.rig.bridge.found(plant)
        for name in ("77", "growatt_plant_77"):
            taken = await work.engine.put({"method": "write", "serial": name, "type": "limit", "params": [50]})
            assert taken["device"] == "growatt_plant_77"
        with pytest.raises(CommandError, match="there is no such device"):
            await work.engine.put({"method": "write", "serial": "78", "type": "limit", "params": [50]})


class Getter(Putter):
    """Answers one read."""

    def canonical(self, method: str) -> str:
        return {"get_plant_settings": "plant_settings"}.get(method, method)

    async def get(self, device: Device, method: str) -> object:
        if self.canonical(method) != "plant_settings":
            msg = f"{method} is no read of this account"
            raise CommandError(msg, "unknown_target")
        return {"name": "***"}


async def test_a_raw_read_goes_through_the_account_that_knows_the_method_under_either_name() -> None:
    async with desk(Putter()) as work:
        assert work.door
        get = work.engine.verbs(100)["get"]
        request = {"serial": "growatt_abc"}
        with pytest.raises(CommandError, match="no account that takes raw reads"):
            await get({**request, "method": "plant_settings"})
        work.door = replace(work.door, others=(Door("app", Getter(), Turn()),))
        for name in ("plant_settings", "get_plant_settings"):
            answer = await get({**request, "method": name})
            with pytest.raises(CommandError, match="wait 10 s") as raised:
                await get({**request, "method": name})
            assert raised.value.code == "rate_limited"
            await work.pass_time(10)
            assert answer == {
                "device": "growatt_abc",
                "account": "app",
                "method": "plant_settings",
                "answer": {"name": "***"},
            }
        with pytest.raises(CommandError, match="other is no read"):
            await get({**request, "method": "other"})
        with pytest.raises(CommandError, match="a raw read needs"):
            await get({"method": "plant_settings"})
        with pytest.raises(CommandError, match="other is no read"):  # what is not sent does not count
            await get({**request, "method": "other"})
        with pytest.raises(CommandError, match=r"more than mqtt.max_packet \(5\)"):
            await work.engine.verbs(5)["get"]({**request, "method": "plant_settings"})


async def test_only_a_setting_of_the_device_itself_can_be_taken_back_by_itself() -> None:
    async with desk(Putter(), **DANGEROUS) as work:
        request = {"method": "write", "serial": "growatt_abc", "params": ["50"], "confirm": "a-token-of-mine"}
        await work.engine.put({**request, "type": "limit", "revert_after": 30})
        await work.pass_time(20)
        assert work.vendor.kept["export_limit"] == 50
        await work.pass_time(60)
        assert work.vendor.kept["export_limit"] == 100
        for _ in range(2):  # also when the same type has been written before
            with pytest.raises(CommandError, match="a raw write cannot be taken back by itself"):
                await work.engine.put({**request, "type": "odd", "revert_after": 30})
            await work.engine.put({**request, "type": "odd"})
