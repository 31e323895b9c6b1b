"""Which colour Grafana would give a series or a value, in its dark look."""

import math
import re
from collections.abc import Sequence
from typing import Any

from trials.prometheus.grafana import Json

NAMED = {
    "green": "#73bf69",
    "yellow": "#fade2a",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "text": "#ccccdc",
}
PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a")
"""palette-classic, from its beginning."""
PANEL = (0x18, 0x1B, 0x1F)
"""What is behind everything."""


def settings(panel: Json, name: str) -> dict[str, Any]:
    """Return the field settings of a series or column, overrides included: `custom.` ones by their whole name."""
    defaults = panel["fieldConfig"]["defaults"]
    found = {key: value for key, value in defaults.items() if key != "custom"}
    found |= {f"custom.{key}": value for key, value in defaults.get("custom", {}).items()}
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        whole = matcher["options"]
        if (matcher["id"] == "byName" and whole == name) or (matcher["id"] == "byRegexp" and re.search(whole, name)):
            found |= {each["id"]: each["value"] for each in override["properties"]}
    return found


def of_series(panel: Json, name: str, index: int) -> str:
    """Return the colour of a panel's series."""
    colour = settings(panel, name).get("color", {"mode": "palette-classic"})
    if colour["mode"] == "fixed":
        return known(colour["fixedColor"])
    return PALETTE[index % len(PALETTE)]


def of_value(found: dict[str, Any], value: float | None) -> str:
    """Return the colour of a single value: that of its word, its threshold, or the fixed one."""
    if value is None:
        return NAMED["text"]
    word = mapped(found, value)
    if word is not None:
        return known(word["color"])
    colour = found.get("color", {"mode": "thresholds"})
    if colour["mode"] == "fixed":
        return known(colour["fixedColor"])
    return threshold(found.get("thresholds", {"steps": [{"value": None, "color": "green"}]})["steps"], value)


def mapped(found: dict[str, Any], value: float) -> dict[str, Any] | None:
    """Return the word and colour that a value is mapped to, if it is."""
    for mapping in found.get("mappings", ()):
        options = mapping["options"]
        if mapping["type"] == "special":
            if options["match"] == "nan" and math.isnan(value):
                return {"color": "text", **options["result"]}
        elif f"{value:g}" in options:
            result: dict[str, Any] = options[f"{value:g}"]
            return result
    return None


def threshold(steps: Sequence[Json], value: float) -> str:
    """Return the colour of the highest step that a value has reached."""
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return known(reached[-1])


def known(colour: str) -> str:
    """Return a colour as #rrggbb."""
    return NAMED.get(colour, colour)


def mixed(colour: str, opacity: float) -> str:
    """Return what a colour looks like on a panel when it is not quite opaque."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(
        f"{round(part * opacity + below * (1 - opacity)):02x}" for part, below in zip(parts, PANEL, strict=True)
    )


def clear(colour: str, opacity: float) -> str:
    """Return a colour with its opacity as #rrggbbaa."""
    return f"{colour}{round(opacity * 255):02x}"
