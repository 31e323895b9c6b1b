"""The lower part of the home's dashboard: strings, temperatures, and a table of all devices."""

from typing import Final

from deploy.grafana.generator.parts import BAD, GOOD, WARN, Look, Query, curves, steps, table, words

NAMED: Final = "* on (device) group_left (name) topk by (device) (1, heliopost_device_info)"
"""Gives a series its device's name; topk, because a device that was just renamed has two names for some minutes."""
CHOSEN: Final = (
    'topk by (device) (1, heliopost_device_info{device=~"$plant"} or heliopost_device_info{via=~"$plant"}'
    ' or heliopost_device_info{via=~"$device"})'
)
JOINED: Final = f"* on (device) group_left (name, model, firmware) {CHOSEN}"

STRINGS: Final = (
    (
        12,
        curves(
            "Strings",
            "What each string (or MPP tracker) of the panels gives. One that falls behind its neighbours is in the"
            " shade, dirty or broken.",
            [Query(f'heliopost_pv_n_power_watts{{device=~"$device"}} {NAMED}', "{{name}} · {{n}}")],
            unit="watt",
        ),
    ),
    (
        6,
        curves(
            "Temperature",
            "Inside the inverters. Above some 65 °C most give less than they could.",
            [Query(f'heliopost_inverter_temperature_celsius{{device=~"$device"}} {NAMED}', "{{name}}")],
            unit="celsius",
        ),
    ),
    (
        6,
        curves(
            "Grid voltage",
            "Where the inverter feeds in. Above 253 V (in Europe) it must switch off.",
            [Query(f'heliopost_grid_voltage_volts{{device=~"$device"}} {NAMED}', "{{name}}")],
            unit="volt",
            custom={"axisSoftMin": 220, "axisSoftMax": 250},
        ),
    ),
)
DEVICES: Final = (
    (
        24,
        table(
            "All devices",
            "Everything that belongs to the chosen plants, and how old its newest values are.",
            [Query(f"heliopost_device_data_age_seconds {JOINED}"), Query(f"heliopost_device_stale {JOINED}")],
            names={
                "name": "Name",
                "kind": "Kind",
                "model": "Model",
                "firmware": "Firmware",
                "device": "Device",
                "Value #A": "Age of the values",
                "Value #B": "Values are",
            },
            hidden=("Time", "instance", "job"),
            sort=[{"displayName": "Kind", "desc": True}],
            looks=[
                Look(
                    "Age of the values",
                    more={
                        "unit": "s",
                        "decimals": 0,
                        "custom.cellOptions": {"type": "color-text"},
                        "color": {"mode": "thresholds"},
                        "thresholds": steps((None, GOOD), (1800, WARN), (10800, BAD)),
                    },
                ),
                Look(
                    "Values are",
                    more={
                        "mappings": words(_0=("fresh", GOOD), _1=("too old", WARN)),
                        "custom.cellOptions": {"type": "color-text"},
                    },
                ),
            ],
        ),
    ),
)
