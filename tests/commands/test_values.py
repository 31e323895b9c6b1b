"""Values: what fits is kept as the device keeps it, what does not is told why."""

import json
from datetime import UTC, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.request import Invalid, parse
from app.commands.values import convert, same
from app.errors import CommandError
from app.model import Choice, Domain, Kind, Moment, Point, Press, Range, TimeOfDay, Toggle, Words
from tests.core.factory import NOON


def point(accepts: Domain | None) -> Point:
    return Point("x", "X", kind=Kind.GAUGE, accepts=accepts)


@pytest.mark.parametrize(
    ("domain", "raw", "kept"),
    [
        (Range(0, 100), "22", 22),
        (Range(0, 100), 22, 22),
        (Range(0, 100), " 22.0 ", 22),
        (Range(0, 10, 0.1), "0.3", 0.3),
        (Range(-1, 1, 0.01), "-0.95", -0.95),
        (Toggle(), "ON", True),
        (Toggle(), "0", False),
        (Toggle(), True, True),
        (Choice(("load first", "grid first")), "Grid first", "grid first"),
        (TimeOfDay(), "6:30", "06:30"),
        (TimeOfDay(), "06:30:00", "06:30"),
        (Moment(), "2026-11-21 18:30:00", "2026-11-21T18:30:00"),
        (Words(5, "[a-z]+"), "abc", "abc"),
    ],
)
def test_what_fits(domain: Domain, raw: object, kept: object) -> None:
    assert convert(point(domain), raw) == kept


@pytest.mark.parametrize(
    ("domain", "raw"),
    [
        (Range(0, 100), "1e400"),
        (Range(0, 100), "nan"),
        (Range(0, 100), None),
        (Range(0, 100), {}),
        (Range(0, 100, 5), 7),
        (Toggle(), "maybe"),
        (Toggle(), 2),
        (Choice(("a",)), 1),
        (TimeOfDay(), "24:00"),
        (TimeOfDay(), "6"),
        (TimeOfDay(), 630),
        (TimeOfDay(), "06:30:30"),
        (Moment(), "0001-01-01T00:00:00+01:00"),
        (Moment(), "today"),
        (Words(3), "abcd"),
        (Words(3), "a\n"),
        (Words(3, "[a-z]"), "1"),
        (Words(3), 5),
        (None, 5),
    ],
)
def test_what_does_not_fit(domain: Domain | None, raw: object) -> None:
    with pytest.raises(CommandError):
        convert(point(domain), raw)


@pytest.mark.parametrize(
    "payload",
    [
        '{"value": 5, "not_after": "0001-01-01T00:00:00+14:00"}',
        '{"value": 5, "not_after": "9999-12-31T23:59:59-14:00"}',
        '{"value": 5, "ttl": 1e400}',
        '{"value": 5, "revert_after": NaN}',
    ],
)
def test_what_goes_beyond_all_bounds_is_a_fault(payload: str) -> None:
    with pytest.raises(Invalid):
        parse(payload.encode(), NOON, timedelta(minutes=1))


@pytest.mark.parametrize("raw", [10**400, "1e400", "1_0", "0x10", "\ud800"])
def test_what_is_no_number_that_a_device_could_keep_does_not_fit(raw: object) -> None:
    with pytest.raises(CommandError):
        convert(point(Range(0, 100)), raw)


@given(st.integers(-1000, 1000), st.sampled_from([0.01, 0.1, 0.5, 1.0, 5.0]))
def test_every_step_of_a_range_fits_and_is_the_same_as_what_the_device_shows(steps: int, step: float) -> None:
    domain = Range(-1000 * step, 1000 * step, step)
    kept = convert(point(domain), str(steps * step))
    assert same(point(domain), kept, steps * step)
    assert not same(point(domain), kept, steps * step + step)


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_VALUES = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
_NAMES = st.sampled_from(["value", "id", "dry_run", "expect", "ttl", "not_after", "verify", "source", "revert_after"])


@given(st.binary() | st.text().map(str.encode) | _VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_payload_is_a_request_or_a_fault_with_a_code(payload: bytes) -> None:
    try:
        request = parse(payload, NOON, timedelta(minutes=1))
    except Invalid as error:
        assert (error.code in {"invalid_json", "invalid_value"}, bool(str(error))) == (True, True)  # noqa: PT017 - either is right
    else:
        assert request.value is not None
        assert request.deadline <= NOON + timedelta(minutes=15)


@given(st.dictionaries(_NAMES, _VALUES))
def test_any_envelope_is_a_request_or_a_fault(body: dict[str, Any]) -> None:
    try:
        request = parse(json.dumps(body).encode(), NOON, timedelta(minutes=1))
    except Invalid as error:
        assert error.code in {"invalid_json", "invalid_value"}  # noqa: PT017 - either is right
    else:
        assert len(request.source) <= 64
        assert request.id is None or 0 < len(request.id) <= 64


def test_a_message_s_user_properties_name_source_and_id() -> None:
    request = parse(b"5", NOON, timedelta(minutes=1), {"source": "kitchen", "id": "7"})
    assert (request.source, request.id) == ("kitchen", "7")


@pytest.mark.parametrize(
    ("zone", "kept"),
    [(ZoneInfo("Europe/Berlin"), "2026-11-21T19:30:00"), (UTC, "2026-11-21T18:30:00")],
    ids=["Berlin", "UTC"],
)
def test_a_moment_of_another_zone_is_kept_by_the_plants_clock(zone: tzinfo, kept: str) -> None:
    for raw in ("2026-11-21T18:30:00+00:00", "2026-11-21 13:30:00-05:00", "2026-11-21T18:30:00Z"):
        assert convert(point(Moment()), raw, zone) == kept
    assert convert(point(Moment()), "2026-11-21T18:30:00", zone) == "2026-11-21T18:30:00"


@pytest.mark.parametrize(("domain", "raw"), [(Moment(), "2026-11-21T18:30:00+00:00"), (Press(clock=True), "press")])
def test_what_needs_the_plants_zone_is_refused_where_nobody_knows_it(domain: Domain, raw: str) -> None:
    with pytest.raises(CommandError, match="time zone is not known") as raised:
        convert(point(domain), raw)
    assert raised.value.code == "not_ready"
    assert convert(point(Moment()), "2026-11-21T18:30:00") == "2026-11-21T18:30:00"
    assert convert(point(Press()), "press") == "press"
