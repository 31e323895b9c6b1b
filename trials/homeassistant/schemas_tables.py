"""Run by a release's own interpreter: prints what Home Assistant itself says that it accepts, as JSON.

python schemas_tables.py
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, SLF001
# Home Assistant is not installed where this is checked: nothing is known of its types. Its schemas are no public API.

import importlib
import json

from homeassistant.components import binary_sensor, button, event, number, sensor, switch
from homeassistant.components.mqtt import abbreviations, const, schemas
from homeassistant.components.number import const as number_const
from homeassistant.components.sensor import const as sensor_const

PLATFORMS = (
    "sensor",
    "binary_sensor",
    "number",
    "switch",
    "select",
    "text",
    "button",
    "event",
    "time",
    "date",
    "datetime",
)


def rows(schema):
    """Return the keys of a schema, and those that are required; checks that go with it are passed over."""
    while not isinstance(getattr(schema, "schema", None), dict):
        schema = next(part for part in schema.validators if hasattr(part, "schema") or hasattr(part, "validators"))
    keys = {str(getattr(key, "schema", key)): type(key).__name__ for key in schema.schema}
    return {"keys": sorted(keys), "needs": sorted(key for key, kind in keys.items() if kind == "Required")}


def units(table):
    return {str(kind): sorted("" if unit is None else str(unit) for unit in found) for kind, found in table.items()}


def platform(name):
    return rows(importlib.import_module(f"homeassistant.components.mqtt.{name}").DISCOVERY_SCHEMA)


def words(kinds):
    return sorted(str(kind) for kind in kinds)


known = [name for name in PLATFORMS if name in const.SUPPORTED_COMPONENTS]
availability = next(
    value for key, value in schemas._MQTT_AVAILABILITY_LIST_SCHEMA.schema.items() if str(key) == "availability"
)
print(
    json.dumps(
        {
            "units": units(sensor_const.DEVICE_CLASS_UNITS),
            "number_units": units(number_const.DEVICE_CLASS_UNITS),
            "states": {str(kind): words(found) for kind, found in sensor_const.DEVICE_CLASS_STATE_CLASSES.items()},
            "state_classes": words(sensor.SensorStateClass),
            "classes": {
                "sensor": words(sensor.SensorDeviceClass),
                "number": words(number.NumberDeviceClass),
                "binary_sensor": words(binary_sensor.BinarySensorDeviceClass),
                "button": words(button.ButtonDeviceClass),
                "event": words(event.EventDeviceClass),
                "switch": words(switch.SwitchDeviceClass),
            },
            "platforms": {name: platform(name) for name in known},
            "root": rows(schemas.DEVICE_DISCOVERY_SCHEMA),
            "device": rows(getattr(schemas, "MQTT_DEVICE_INFO_SCHEMA", schemas.MQTT_ENTITY_DEVICE_INFO_SCHEMA)),
            "origin": rows(schemas.MQTT_ORIGIN_INFO_SCHEMA),
            "availability": sorted(
                str(key) for part in availability.validators if isinstance(part, list) for key in part[0]
            ),
            "long": abbreviations.ABBREVIATIONS,
            "long_device": abbreviations.DEVICE_ABBREVIATIONS,
            "long_origin": abbreviations.ORIGIN_ABBREVIATIONS,
        }
    )
)
