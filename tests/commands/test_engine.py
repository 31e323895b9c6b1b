"""A message becomes a change, once, proven by reading it back; or a clear refusal. Always exactly one answer."""

from datetime import timedelta
from typing import Any

import pytest

from app.errors import Doubtful, Locked, Refused, Unavailable
from app.mqtt import Message
from tests.commands.rig import Desk, Vendor, desk
from tests.core.factory import NOON


async def end(work: Desk, key: str = "export_limit", seconds: float = 20) -> dict[str, Any]:
    await work.pass_time(seconds)
    answers = work.broker.results(key)
    assert len(answers) == 1, answers
    return answers[0]


async def test_a_plain_value_is_written_read_back_and_answered_once() -> None:
    async with desk() as work:
        work.send("80")
        answer = await end(work)
        assert (answer["status"], answer["requested"], answer["previous"], answer["observed"]) == (
            "confirmed",
            80,
            100,
            80,
        )
        assert work.vendor.writes == [{"export_limit": 80}]
        await work.pass_time(3600)
        assert len(work.broker.results()) == 1
        assert [event.type for event in work.rig.outlet.events] == ["command_confirmed"]
        audits = [body for topic, body, _ in work.broker.said if topic == "heliopost/bridge/audit"]
        assert audits == [answer]
        assert work.count.ended == [("confirmed", "confirmed")]


async def test_what_is_so_already_is_not_written_unless_forced() -> None:
    async with desk() as work:
        work.send(100)
        assert (await end(work))["status"] == "no_change"
        assert not work.vendor.writes
        work.send({"value": 100, "force": True})
        await work.pass_time(20)
        assert work.vendor.writes == [{"export_limit": 100}]
        assert work.broker.results()[-1]["status"] == "confirmed"


async def test_a_dry_run_says_what_would_be_written() -> None:
    async with desk() as work:
        work.send({"value": 80, "dry_run": True})
        answer = await end(work)
        assert (answer["status"], answer["code"], answer["dry_run"]) == ("no_change", "dry_run", True)
        assert "export_limit 80" in answer["message"]
        assert not work.vendor.writes


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("101", "out_of_range"),
        ("-1", "out_of_range"),
        ("50.5", "invalid_value"),
        ("much", "invalid_value"),
        ("NaN", "invalid_value"),
        ("", "invalid_value"),
        ("true", "invalid_value"),
        (b"\xff\xfe", "invalid_json"),
        ('{"value": ', "invalid_json"),
        ('{"value": NaN}', "invalid_json"),
        ('{"value": 1e999}', "invalid_value"),
        ("[1]", "invalid_value"),
        ('{"value": [1]}', "invalid_value"),
        ('{"value": null}', "invalid_value"),
        ('{"value": 5, "vaule": 6}', "invalid_value"),
        ('{"value": 5, "ttl": -1}', "invalid_value"),
        ('{"value": 5, "not_after": "soon"}', "invalid_value"),
        ('{"value": 5, "id": ""}', "invalid_value"),
        ('{"value": 5, "dry_run": "yes"}', "invalid_value"),
        ('{"speed": 5}', "invalid_value"),
    ],
)
async def test_what_does_not_fit_is_rejected_with_a_reason(payload: str | bytes, code: str) -> None:
    async with desk() as work:
        work.send(payload)
        answer = await end(work)
        assert (answer["status"], answer["code"]) == ("rejected", code)
        assert answer["message"]
        assert not work.vendor.writes
        assert not work.vendor.looks


async def test_everything_is_off_by_default() -> None:
    async with desk(enabled=False) as work:
        work.send(80)
        assert (await end(work))["code"] == "commands_disabled"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"allow": ["*/*/work_mode"]}, "not_allowed"),
        ({"deny": ["home/*/export_*"]}, "not_allowed"),
        ({"allow": []}, "not_allowed"),
        ({"allow": ["home/growatt_abc/export_limit"]}, "confirmed"),
    ],
)
async def test_what_is_not_allowed_is_rejected(settings: dict[str, Any], code: str) -> None:
    async with desk(**settings) as work:
        work.send(80)
        assert (await end(work))["code"] == code


async def test_unknown_devices_and_points_are_told_apart() -> None:
    async with desk() as work:
        work.send(1, "nonsense")
        assert (await end(work, "nonsense"))["code"] == "unknown_target"
        work.send(1, owner="growatt_other")
        await work.pass_time()
        assert work.broker.said[-2][1]["code"] == "unknown_target"


async def test_dangerous_settings_ask_for_a_token() -> None:
    async with desk() as work:
        work.send("b", "grid_code")
        assert (await end(work, "grid_code"))["code"] == "not_allowed"
    async with desk(allow_dangerous=True, confirm_token="open sesame") as work:
        work.send({"value": "b", "confirm": "open"}, "grid_code")
        work.send({"value": "b"}, "grid_code")
        work.send({"value": "b", "confirm": "open sesame"}, "grid_code")
        await work.pass_time(20)
        assert [answer["code"] for answer in work.broker.results("grid_code")] == [
            "not_allowed",
            "not_allowed",
            "confirmed",
        ]
        assert "sesame" not in str(work.broker.said)


# Ids


async def test_the_same_id_again_gives_the_stored_answer() -> None:
    async with desk() as work:
        for _ in range(2):
            work.send({"value": 80, "id": "a"})
            await work.pass_time(20)
        first, second = work.broker.results()
        assert (first["status"], second["status"], second["original"]) == ("confirmed", "duplicate", "confirmed")
        assert second["observed"] == 80
        assert len(work.vendor.writes) == 1


async def test_the_same_id_with_something_else_is_a_conflict() -> None:
    async with desk() as work:
        work.send({"value": 80, "id": "a"})
        work.send({"value": 70, "id": "a"})
        await work.pass_time(20)
        assert [answer["status"] for answer in work.broker.results()] == ["conflict", "confirmed"]
        assert work.vendor.kept["export_limit"] == 80


async def test_a_redelivery_without_an_id_changes_nothing_more() -> None:
    async with desk() as work:
        work.send(80)
        await work.pass_time(20)
        work.send(80)
        await work.pass_time(20)
        assert [answer["status"] for answer in work.broker.results()] == ["confirmed", "no_change"]


# Answers


async def test_the_answer_goes_where_the_sender_wants_it_below_the_prefix() -> None:
    async with desk() as work:
        topic = "heliopost/bridge/response/mine"
        work.send(80, response_topic=topic, correlation=b"\x01\x02")
        await work.pass_time(20)
        assert [(body["status"], data) for where, body, data in work.broker.said if where == topic] == [
            ("confirmed", b"\x01\x02")
        ]


@pytest.mark.parametrize("topic", ["homeassistant/status", "heliopost/bridge/response/+", "heliopost/#", "\0"])
async def test_a_hostile_response_topic_is_passed_over(topic: str) -> None:
    async with desk() as work:
        work.send(80, response_topic=topic)
        await end(work)
        assert {where for where, _, _ in work.broker.said} == {
            "heliopost/device/growatt_abc/export_limit/result",
            "heliopost/bridge/audit",
        }


async def test_an_answer_waits_for_the_broker_and_comes_once() -> None:
    async with desk() as work:
        work.send(80)
        work.broker.connected = False
        await work.pass_time(20)
        assert not work.broker.results()
        work.broker.connected = True
        work.engine.on_connected()
        work.engine.on_connected()
        assert [answer["status"] for answer in work.broker.results()] == ["confirmed"]


async def test_a_retained_command_is_passed_over() -> None:
    async with desk() as work:
        message = Message("heliopost/device/growatt_abc/export_limit/set", b"5", retained=True)
        assert work.engine.on_message(message)
        assert not work.engine.on_message(Message("heliopost/bridge/request/poll", b""))
        await work.pass_time(20)
        assert not work.broker.said


# The vendor


async def test_a_vendor_that_says_yes_and_does_nothing_is_found_out() -> None:
    vendor = Vendor()
    vendor.deaf = True
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time(300)
        assert not work.broker.results()
        answer = await end(work, seconds=600)
        assert (answer["status"], answer["code"], answer["observed"]) == ("unconfirmed", "verify_mismatch", 100)
        assert len(vendor.writes) == 1
        assert vendor.looks == 5


async def test_a_look_that_is_older_than_the_write_confirms_nothing() -> None:
    vendor = Vendor()
    vendor.stamp = lambda: NOON - timedelta(minutes=5)
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time(70)
        assert not work.broker.results()
        vendor.stamp = lambda: NOON + timedelta(minutes=2)
        assert (await end(work, seconds=300))["status"] == "confirmed"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refused("the inverter is offline", "501"), "vendor_error"),
        (Unavailable("no route"), "vendor_unreachable"),
        (Locked("locked", NOON + timedelta(hours=24)), "account_locked"),
    ],
)
async def test_a_refusal_is_told_and_nothing_is_tried_again(refusal: Exception, code: str) -> None:
    vendor = Vendor()
    vendor.refusal = refusal
    async with desk(vendor) as work:
        work.send(80)
        answer = await end(work, seconds=3600)
        assert (answer["status"], answer["code"], answer["message"]) == ("failed", code, str(refusal))
        assert [event.type for event in work.rig.outlet.events] == ["command_failed"]


async def test_a_lost_answer_is_looked_after_and_not_repeated() -> None:
    vendor = Vendor()
    vendor.lost = Doubtful("no answer")
    async with desk(vendor) as work:
        work.send(80)
        assert (await end(work))["status"] == "confirmed"
        assert len(vendor.writes) == 1


async def test_a_lost_answer_to_a_lost_write_has_failed() -> None:
    vendor = Vendor()
    vendor.lost, vendor.deaf = Doubtful("no answer"), True
    async with desk(vendor) as work:
        work.send(80)
        answer = await end(work, seconds=700)
        assert (answer["status"], answer["code"]) == ("failed", "vendor_unreachable")
        assert "not changed" in answer["message"]


async def test_a_vendor_that_goes_dark_after_the_write_leaves_it_unconfirmed() -> None:
    vendor = Vendor()
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time()
        vendor.dark = Unavailable("no route")
        answer = await end(work, seconds=700)
        assert (answer["status"], answer["code"]) == ("unconfirmed", "verify_timeout")


async def test_without_a_look_before_nothing_is_written() -> None:
    vendor = Vendor()
    vendor.dark = Unavailable("no route")
    async with desk(vendor) as work:
        work.send(80)
        assert (await end(work))["code"] == "vendor_unreachable"
        assert not vendor.writes


async def test_what_cannot_be_read_back_says_so() -> None:
    async with desk() as work:
        work.vendor.kept["hidden"] = False
        work.send("on", "hidden")
        assert (await end(work, "hidden"))["code"] == "not_verified"
        work.send({"value": 80, "verify": "none"})
        assert (await end(work))["code"] == "not_verified"


async def test_what_nobody_foresaw_ends_the_command_and_not_the_lane() -> None:
    vendor = Vendor()
    vendor.refusal = RuntimeError("boom")
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time(700)
        vendor.refusal = None
        work.send(70)
        await work.pass_time(20)
        assert [answer["status"] for answer in work.broker.results()] == ["failed", "confirmed"]
