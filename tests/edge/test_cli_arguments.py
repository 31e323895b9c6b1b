"""What the arguments of commands make of whatever is typed."""

import argparse
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import arguments
from tests.broker import Mosquitto
from tests.edge.asking import ending, house, own_environment

__all__ = ["own_environment"]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.text())
def test_any_text_is_a_value_or_a_wrong_argument(text: str) -> None:
    try:
        found = arguments.value(text)
    except argparse.ArgumentTypeError:
        assert text.strip()[0] in '{["'
    else:
        assert found == text or json.dumps(found, allow_nan=False)


@given(JSON)
def test_every_object_and_list_is_read_as_it_was_written(found: object) -> None:
    text = json.dumps(found)
    assert arguments.value(text) == (found if text[0] in '{["' else text)


@pytest.mark.parametrize("text", ['{"a": 1e999}', '{"a": NaN}', '{"a": -Infinity}', "[" * 100_000, '{"a"', '"'])
def test_what_no_device_could_keep_is_a_wrong_argument(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.value(text)


@given(st.floats() | st.integers())
def test_a_span_is_a_number_of_seconds(number: float) -> None:
    try:
        found = arguments.seconds(str(number))
    except argparse.ArgumentTypeError:
        assert not math.isfinite(float(number)) or number <= 0
    else:
        assert found == pytest.approx(float(number))


@pytest.mark.parametrize(
    "words",
    [
        ("growatt_abc123", "point", "half a letter: \udcff"),
        ("growatt_abc123", "point", '{"a": "\udcff"}'),
        ("growatt_abc123", "po\udcffint", "1"),
        ("growatt_abc123", "po\nint", "1"),
        ("\udcff", "point", "1"),
    ],
)
async def test_letters_that_are_none_are_refused_with_a_sentence(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    async with house(mosquitto, tmp_path, ending("confirmed")) as (desk, bridge):
        assert await desk.type("set", *words) in (3, 4)
    assert bridge.asked == []
    assert capsys.readouterr().err.startswith("heliopost: ")
