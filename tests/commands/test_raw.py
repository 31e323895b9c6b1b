"""Raw writes: what a provider makes of them is judged as any other command, and two of one type do not mix."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.model import Device, Kind, Point, Setting, Value, Words
from app.providers import Put
from tests.commands.rig import SETTINGS, Desk, Vendor, desk

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
