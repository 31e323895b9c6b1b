"""The dashboard's shares and those of the recording rules are the same, whichever devices tell which energies."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trials.prometheus.server import promtool
from trials.prometheus.watch import SHIPPED

HOME: dict[str, Any] = json.loads((SHIPPED.parent / "grafana" / "dashboards" / "home.json").read_text())
BEFORE, RISE = 30, 20
"""Scrapes of a short day: so many with counters at rest, then so many in which they grow evenly."""
STEP = 4
"""Minutes between two scrapes, and two evaluations."""


@dataclass(frozen=True)
class Case:
    """A plant, and what the bridge knows of it."""

    name: str
    told: dict[str, dict[str, float]]
    """What each device counts in the day, kWh; `plant` is the plant itself."""
    consumption: float | None
    sufficiency: float | None


CASES = (
    Case("hybrid", {"h": {"pv": 20, "grid_export": 5, "grid_import": 2, "load": 16}, "plant": {"pv": 19}}, 0.75, 0.875),
    Case("spa_beside_strings", {"s": {"pv": 12}, "t": {"pv": 8}, "spa": {"grid_export": 4, "load": 10}}, 0.8, None),
    Case(
        "spa_whose_plant_counts",
        {"spa": {"grid_export": 4, "load": 10}, "plant": {"pv": 16, "grid_import": 1}},
        0.75,
        0.9,
    ),
    Case("strings_without_a_meter", {"s": {"pv": 12}, "plant": {"pv": 12}}, None, None),
    Case("meter_without_sun", {"m": {"grid_import": 3, "grid_export": 1}}, None, None),
    Case("sells_more_than_it_makes", {"h": {"pv": 4, "grid_export": 5, "grid_import": 9, "load": 8}}, 0, 0),
)
PANELS = {"consumption": "Self-consumption", "sufficiency": "Self-sufficiency"}


def _asked(share: str, *cases: Case) -> str:
    """Return what the dashboard asks for a share when these plants are chosen, with their devices."""
    (panel,) = [each for each in HOME["panels"] if each["title"] == PANELS[share]]
    expr = str(panel["targets"][0]["expr"])
    devices = [f"{case.name}_{device}" for case in cases for device in case.told if device != "plant"]
    plants = [f"g_plant_{case.name}" for case in cases]
    for variable, values in (("device", devices), ("plant", plants), ("pv", devices)):
        expr = expr.replace(f"${variable}", "|".join(values))
    expr = expr.replace("$__range", f"{BEFORE * STEP}m")
    assert "$" not in expr.replace('"$1"', "")
    return f"round({expr}, 0.001)"


def _series(case: Case) -> list[dict[str, str]]:
    """Return what Prometheus has been told of a plant on a short day."""
    plant = f"g_plant_{case.name}"
    scrapes = BEFORE + RISE
    found = [(f'heliopost_device_info{{device="{plant}", kind="plant", account="home"}}', f"1x{scrapes}")]
    for device, flows in case.told.items():
        labels = f'device="{case.name}_{device}", kind="inverter"'
        if device == "plant":
            labels = f'device="{plant}", kind="plant"'
        else:
            found.append((f'heliopost_device_info{{{labels}, account="home", via="{plant}"}}', f"1x{scrapes}"))
        for flow, energy in flows.items():
            each = energy / RISE
            found += [
                (f"heliopost_{flow}_energy_today_kilowatthours{{{labels}}}", f"0x{BEFORE} {each}+{each}x{RISE - 1}"),
                (
                    f"heliopost_{flow}_energy_kilowatthours_total{{{labels}}}",
                    f"9x{BEFORE} {9 + each}+{each}x{RISE - 1}",
                ),
            ]
    return [{"series": name, "values": values} for name, values in found]


def _expected(expr: str, labels: str, value: float | None) -> dict[str, Any]:
    samples = [] if value is None else [{"labels": labels, "value": value}]
    return {"expr": expr, "eval_time": f"{(BEFORE + RISE + 1) * STEP}m", "exp_samples": samples}


def _try(folder: Path, cases: tuple[Case, ...], expected: list[dict[str, Any]]) -> None:
    file = folder / "shares.yml"
    series = [each for case in cases for each in _series(case)]
    test = {"interval": f"{STEP}m", "input_series": series, "promql_expr_test": expected}
    rules = str(SHIPPED / "rules" / "recording.yml")
    # promtool has no order of groups: what one makes of another's values may come an evaluation later.
    file.write_text(json.dumps({"rule_files": [rules], "evaluation_interval": f"{STEP}m", "tests": [test]}))
    promtool("test", "rules", file)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
@pytest.mark.parametrize("share", PANELS)
def test_the_dashboard_and_the_recording_rule_say_the_same_of_a_plant(case: Case, share: str, tmp_path: Path) -> None:
    value = getattr(case, share)
    recorded = f"round(heliopost:plant_self_{share}_today_ratio, 0.001)"
    labels = f'{{plant="g_plant_{case.name}", account="home"}}'
    both = [_expected(recorded, labels, value), _expected(_asked(share, case), "{}", value)]
    _try(tmp_path, (case,), both)


def test_of_several_plants_those_count_of_which_both_energies_are_known(tmp_path: Path) -> None:
    some = CASES[:5]
    expected = [
        _expected(_asked("consumption", *some), "{}", round(1 - (5 + 4 + 4) / (20 + 20 + 16), 3)),
        _expected(_asked("sufficiency", *some), "{}", round(1 - (2 + 1) / (16 + 10), 3)),
    ]
    _try(tmp_path, some, expected)
