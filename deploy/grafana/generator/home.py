"""The dashboard of the home: what the sun gives, where it goes, and what it is worth."""

from typing import Final

from deploy.grafana.generator.frame import Row, choice, dashboard, link
from deploy.grafana.generator.home_devices import DEVICES, STRINGS
from deploy.grafana.generator.parts import (
    BAD,
    BY_VALUE,
    CHARGE,
    DISCHARGE,
    EXPORT,
    GOOD,
    HOUSE,
    IMPORT,
    PLAIN,
    SUN,
    WARN,
    Json,
    Look,
    Query,
    columns,
    curves,
    fixed,
    gauge,
    ranking,
    stat,
    steps,
)

UID: Final = "heliopost-home"


def told(series: str) -> str:
    """Return a series as it was told last, so that the past can be chosen while the bridge is silent."""
    return f"last_over_time({series}[$__range])"


def plant_of(label: str) -> str:
    """Return 1 for each device that names a chosen plant in this label, with the plant in the label `plant`."""
    info = told(f'heliopost_device_info{{{label}=~"$plant"}}')
    return f'topk by (device) (1, label_replace({info}, "plant", "$1", "{label}", "(.+)"))'


PLANTS: Final = told('heliopost_device_info{kind="plant"}')
BELOW_PLANT: Final = (
    told('heliopost_device_info{kind=~"inverter|meter", via=~"$plant"}')
    + " or ("
    + told('heliopost_device_info{kind="battery", via=~"$plant"}')
    + " and on (device) "
    + told("heliopost_ac_energy_kilowatthours_total")
    + ")"
)
"""What stands directly below a plant. A battery counts only if it feeds the house by itself (it has an AC side, as a
NOAH): another one's values are in its inverter's, and would be counted twice."""
COUNTED: Final = told('heliopost_pv_energy_kilowatthours_total{device=~"$device"}')
WITH_PV_ENERGY: Final = (
    COUNTED
    + " or ("
    + told('heliopost_pv_energy_kilowatthours_total{device=~"$plant"}')
    + " unless on (device) label_replace("
    + told("heliopost_device_info")
    + f' and on (device) {COUNTED}, "device", "$1", "via", "(.+)"))'
)
"""Which devices tell what the sun gave: those chosen, and the plants of which no chosen device tells it."""
BELOW: Final = plant_of("via")
ITSELF: Final = plant_of("device")
"""The plant of each device below one, and of each plant; joined in as the label `plant`."""
DEVICE: Final = '/device="(?<value>[^"]+)/'
NAME_AND_DEVICE: Final = '/device="(?<value>[^"]+)|[{,]name="(?<text>[^"]+)/g'

IN: Final = (
    ("Sun", "pv", SUN),
    ("From the battery", "battery_discharge", DISCHARGE),
    ("From the grid", "grid_import", IMPORT),
)
OUT: Final = (
    ("House", "load", HOUSE),
    ("Into the battery", "battery_charge", CHARGE),
    ("To the grid", "grid_export", EXPORT),
)
COLOURS: Final = [Look(name, colour) for name, _, colour in (*IN, *OUT)]
MIRRORED: Final = [
    *(Look(name, colour) for name, _, colour in IN),
    *(Look(name, colour, {"custom.transform": "negative-Y"}) for name, _, colour in OUT),
]
"""What goes somewhere is drawn below zero."""


def of(name: str, device: str = "device") -> str:
    """Return a series of the chosen devices."""
    return f'heliopost_{name}{{device=~"${device}"}}'


def whose(flow: str) -> str:
    """Return the variable that says whose energy of a flow counts."""
    return "pv" if flow == "pv" else "device"


def gained(flow: str) -> str:
    """Return the energy of a flow in each step; a step's column begins where the step does."""
    return f"sum(increase({of(f'{flow}_energy_kilowatthours_total', whose(flow))}[$__interval] offset -$__interval))"


def in_range(flow: str) -> str:
    """Return the energy of a flow in the dashboard's time range, for each plant, as the recording rules reckon it.

    It is the sum over the chosen devices, or, where none of them counts the flow, the plant's own.
    """
    series = f"{flow}_energy_kilowatthours_total"
    return " or ".join(
        f"sum by (plant) (increase({of(series, whose)}[$__range]) * on (device) group_left (plant) {belongs})"
        for whose, belongs in (("device", BELOW), ("plant", ITSELF))
    )


def spared(part: str, whole: str) -> str:
    """Return how much of the whole the part is not; plants that have only one of both are left out."""
    part, whole = in_range(part), in_range(whole)
    return f"clamp(1 - sum(({part}) and on (plant) ({whole})) / sum(({whole}) and on (plant) ({part})), 0, 1)"


def total(name: str) -> list[Query]:
    """Return the sum of a quantity over the chosen devices."""
    return [known(f"sum({of(name)})")]


def known(expr: str) -> Query:
    """Return a query that says so when nothing is known any more; else Grafana would go on to show what was last."""
    return Query(f"{expr} or vector(NaN)")


SUN_NOW: Final = stat(
    "Sun now", "What the panels give at this moment.", total("pv_power_watts"), unit="watt", color=fixed(SUN)
)
HOUSE_NOW: Final = stat(
    "House now", "What the house uses at this moment.", total("load_power_watts"), unit="watt", color=fixed(HOUSE)
)
GRID_NOW: Final = stat(
    "Grid now",
    "Above zero comes from the grid (red), below zero goes to it (purple).",
    total("grid_power_watts"),
    unit="watt",
    thresholds=steps((None, EXPORT), (-50, PLAIN), (50, IMPORT)),
    **BY_VALUE,
)
BATTERY_NOW: Final = stat(
    "Battery now",
    "Above zero the battery gives (light green), below zero it is being charged (dark green).",
    total("battery_power_watts"),
    unit="watt",
    thresholds=steps((None, CHARGE), (-20, PLAIN), (20, DISCHARGE)),
    **BY_VALUE,
)
CHARGE_NOW: Final = stat(
    "State of charge",
    "How full the battery is; of several the mean.",
    [known(f"avg({of('battery_soc_ratio')})")],
    unit="percentunit",
    decimals=0,
    min=0,
    max=1,
    thresholds=steps((None, BAD), (0.15, WARN), (0.3, DISCHARGE)),
    **BY_VALUE,
)
OLDEST: Final = stat(
    "Oldest values",
    "How old the newest values are of the device that has been silent for the longest. Cloud data is 5 to 10 minutes"
    " old; an inverter without a battery sleeps at night.",
    [Query(f"max({of('device_data_age_seconds')})", now=True)],
    unit="s",
    decimals=0,
    thresholds=steps((None, GOOD), (1800, WARN), (10800, BAD)),
    links=[{"title": "Why? See the bridge", "url": "/d/heliopost-bridge?${__url_time_range}", "targetBlank": False}],
    **BY_VALUE,
)

POWER: Final = curves(
    "Power",
    "Above the line where power comes from, below it where it goes: both sides are equally high. Plants without a meter"
    " show the sun alone.",
    [
        Query(f"sum(avg_over_time({of(f'{flow}_power_watts')}[$__rate_interval]))", name)
        for name, flow, _ in (*IN, *OUT)
    ],
    unit="watt",
    stack=True,
    fill=65,
    looks=MIRRORED,
)
SELF_SUFFICIENCY: Final = gauge(
    "Self-sufficiency",
    "How much of what the house used in the chosen time did not come from the grid. Plants of which only one of both is"
    " known do not count.",
    [Query(spared("grid_import", "load"), now=True)],
    unit="percentunit",
    decimals=0,
    thresholds=steps((None, IMPORT), (0.3, WARN), (0.6, DISCHARGE)),
    **BY_VALUE,
)
SELF_CONSUMPTION: Final = gauge(
    "Self-consumption",
    "How much of what the sun gave in the chosen time did not go to the grid. Plants of which only one of both is"
    " known do not count.",
    [Query(spared("grid_export", "pv"), now=True)],
    unit="percentunit",
    decimals=0,
    thresholds=steps((None, EXPORT), (0.3, SUN), (0.6, DISCHARGE)),
    **BY_VALUE,
)

BATTERY: Final = curves(
    "Battery",
    "How full each battery is.",
    [
        Query(
            f"{of('battery_soc_ratio')} * on (device) group_left (name) topk by (device) (1, heliopost_device_info)",
            "{{name}}",
        )
    ],
    unit="percentunit",
    min=0,
    max=1,
    fill=15,
)
TODAY: Final = ranking(
    "Today",
    "Energy since the plant's midnight, as the vendor counts it.",
    [
        Query(f"sum({of(f'{flow}_energy_today_kilowatthours', whose(flow))})", name, now=True)
        for name, flow, _ in (*IN, *OUT)
    ],
    unit="kwatth",
    decimals=1,
    looks=COLOURS,
)
WORTH: Final = stat(
    "Worth",
    "What the vendor's cloud says the sun has earned, with the price that is set in its app, and the CO₂ that was not"
    " set free.",
    [
        Query('sum by (currency) (heliopost_money_today{device=~"$plant"})', "today, {{currency}}", now=True),
        Query('sum by (currency) (heliopost_money_lifetime{device=~"$plant"})', "in all, {{currency}}", now=True),
        Query('sum(heliopost_co2_saved_grams{device=~"$plant"}) / 1e6', "CO₂ saved", now=True),
    ],
    text="value_and_name",
    decimals=2,
    color=fixed(DISCHARGE),
    looks=[Look("CO₂ saved", more={"unit": "masst", "decimals": 1})],
)

FLOWS: Final = [Query(gained(flow), name) for name, flow, _ in (*IN, *OUT)]
PER_HOUR: Final = curves(
    "Energy per hour",
    "Above the line where energy came from, below it where it went. A column begins at its hour; zoomed out very far,"
    " it stands for more than an hour.",
    FLOWS,
    unit="kwatth",
    stack=True,
    bars=True,
    looks=MIRRORED,
    interval="1h",
)
PER_DAY: Final = curves(
    "Energy per day",
    "Above the line where energy came from, below it where it went: the last 30 days.",
    FLOWS,
    unit="kwatth",
    stack=True,
    bars=True,
    looks=MIRRORED,
    interval="1d",
    since="30d",
)
TO_MONTHS: Final = [
    {"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}},
    {"id": "formatTime", "options": {"timeField": "Time", "outputFormat": "YYYY-MM", "useTimezone": True}},
    {
        "id": "groupBy",
        "options": {
            "fields": {
                "Time": {"operation": "groupby", "aggregations": []},
                **{name: {"operation": "aggregate", "aggregations": ["sum"]} for name, _, _ in (*IN, *OUT)},
            }
        },
    },
    {"id": "renameByRegex", "options": {"regex": r"(.+) \(sum\)", "renamePattern": "$1"}},
]
"""Prometheus has no months: Grafana adds the days up."""
PER_MONTH: Final = columns(
    "Energy per month",
    "Above the line where energy came from, below it (so with a minus) where it went: the last 365 days.",
    [*FLOWS[: len(IN)], *(Query(f"-{query.expr}", query.legend) for query in FLOWS[len(IN) :])],
    along="Time",
    unit="kwatth",
    looks=COLOURS,
    interval="1d",
    since="365d",
    changes=TO_MONTHS,
)

ROWS: Final = (
    Row(4, ((4, SUN_NOW), (4, HOUSE_NOW), (4, GRID_NOW), (4, BATTERY_NOW), (4, CHARGE_NOW), (4, OLDEST))),
    Row(11, ((18, POWER), (3, SELF_SUFFICIENCY), (3, SELF_CONSUMPTION))),
    Row(8, ((11, BATTERY), (8, TODAY), (5, WORTH))),
    Row(8, ((24, PER_HOUR),)),
    Row(8, ((12, PER_DAY), (12, PER_MONTH))),
    Row(8, STRINGS, "Devices"),
    Row(8, DEVICES),
)
CHOICES: Final = (
    choice(
        "plant",
        "Plant",
        "Whose values are shown",
        f"query_result({PLANTS})",
        regex=NAME_AND_DEVICE,
    ),
    choice(
        "device",
        "Device",
        "Inverters, meters, and batteries that stand for themselves; not plants, which repeat their devices' sums",
        f"query_result({BELOW_PLANT})",
        regex=NAME_AND_DEVICE,
    ),
    choice(
        "pv",
        "Counters of the sun's energy",
        "The chosen devices that count it, and the plants of those that do not",
        f"query_result({WITH_PV_ENERGY})",
        regex=DEVICE,
        hidden=True,
    ),
)


def build() -> Json:
    """Return the dashboard."""
    return dashboard(
        UID,
        "Solar home",
        "Power, energy, battery and worth of the plants that Heliopost reads.",
        choices=CHOICES,
        rows=ROWS,
        links=[link("The bridge", "heliopost-bridge", "Polls, errors, calls: is all well behind the values?")],
    )
