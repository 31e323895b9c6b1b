"""What the values of a NOAH or NEXA balcony battery mean.

Sources: growattServer 2.2.0 (noah_system_status), mtrossbach/noah-mqtt, timohencken/GrowattPublicApiPy (whose NEXA 2000
answered with the newer fields). Numbers come as text. `gridPower` is positive while drawing from the grid; `chargePower`
and `disChargePower` are both positive; of `pac` the sources say different signs: it is passed on as it comes.
"""

from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON
from app.rows import Catalogue, Code, Difference, Number, Part

WORK_MODE: Final = Point("work_mode", "Work mode", kind=Kind.STATE, role=Role.DIAGNOSTIC, words=("load_first", "battery_first", "smart"))
PLUG_POWER: Final = Point("plug_power", "Smart plug power", Unit.WATT, role=Role.DIAGNOSTIC)
OTHER_POWER: Final = Point("other_power", "Other power", Unit.WATT, role=Role.TAIL)

STATUS_CODES: Final = {"-1": "offline", "1": "normal", "4": "fault", "5": "heating"}
"""6 is seen in the wild and unexplained: it is passed on as it comes."""
WORK_MODES: Final = {"0": "load_first", "1": "battery_first", "2": "smart"}

NOAH: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.BATTERY_CHARGE_POWER, "chargePower"),
        Number(points.BATTERY_DISCHARGE_POWER, "disChargePower"),
        Difference(points.BATTERY_POWER, ("disChargePower",), ("chargePower",)),
        Number(points.GRID_POWER, "gridPower"),
        Part(points.GRID_IMPORT_POWER, "gridPower"),
        Part(points.GRID_EXPORT_POWER, "gridPower", -1),
        Number(points.LOAD_POWER, "loadPower"),
        Number(PLUG_POWER, "groplugPower"),
        Number(OTHER_POWER, "otherPower"),
        Number(points.BATTERY_SOC, "soc"),
        Number(points.BATTERY_COUNT, "batteryNum"),
        Number(points.AC_ENERGY_TODAY, "eacToday"),
        Number(points.AC_ENERGY_TOTAL, "eacTotal"),
        Number(points.MONEY_TODAY, "profitToday"),
        Number(points.MONEY_TOTAL, "profitTotal"),
        Code(WORK_MODE, "workMode", WORK_MODES),
        Code(points.STATUS, "status", STATUS_CODES),
        Number(points.STATUS_CODE, "status"),
        Code(points.ONLINE, "status", {"-1": False, "0": False, "1": True, "4": True, "5": True, "6": True}),
    ),
    COMMON,
)
"""`noah_system_status`, in `obj`."""
