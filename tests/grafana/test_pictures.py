"""The pictures of the dashboards write numbers as Grafana does."""

import pytest

from trials.pictures.measure import ticks, write


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "grafana"),
    [
        (0, "watt", None, "0 W"),
        (520, "watt", None, "520 W"),
        (1991.1, "watt", None, "1.99 kW"),
        (-2160, "watt", None, "-2.16 kW"),
        (0, "kwatth", None, "0 kWh"),
        (0.5, "kwatth", None, "500 Wh"),
        (15.4, "kwatth", 1, "15.4 kWh"),
        (1200, "kwatth", None, "1.20 MWh"),
        (0.448, "percentunit", None, "44.8%"),
        (0.448, "percentunit", 0, "45%"),
        (31.4, "celsius", None, "31.4 °C"),
        (219.44, "masst", None, "219 t"),
        (92_213_248, "bytes", None, "87.9 MiB"),
        (0.024, "s", None, "24 ms"),
        (1.5, "s", None, "1.50 s"),
        (645, "s", 0, "11 mins"),
        (8984, "s", 0, "2 hours"),
        (57458.2, "none", None, "57458"),
    ],
)
def test_a_value_is_written_as_grafana_writes_it(value: float, unit: str, decimals: int | None, grafana: str) -> None:
    """The last column is what getValueFormat() of @grafana/data 13.2.3 said."""
    assert str(write(value, unit, decimals)) == grafana


def test_an_axis_has_round_ticks_that_enclose_everything() -> None:
    assert ticks(-210, 640, 4) == (-250, 0, 250, 500, 750)
    assert ticks(0, 3, 6, whole=True) == (0, 1, 2, 3)
    assert ticks(0, 90 * 1024**2, 2, unit="bytes") == (0, 50 * 1024**2, 100 * 1024**2)
    assert ticks(0, 0, 4)[-1] == 1
