"""The arguments of the commands that change settings."""

import argparse
import json
import math
from collections.abc import Callable
from typing import Any, Final

BRACKETS: Final = '{["'
"""With which a JSON value begins; anything else is plain text."""
EXITS: Final = (
    "exit codes: 0 confirmed, was so already, or a dry run; 1 nobody knows: the vendor has said yes and does not show "
    "it, or no answer came in time; 2 wrong arguments; 3 rejected: nothing was sent to the vendor; 4 failed: the "
    "vendor has said no, or vendor, bridge or broker cannot be reached; 5 expired; 6 superseded by a newer command; "
    "78 mend the configuration first; 130 interrupted: the command goes on."
)


def value(text: str) -> Any:  # noqa: ANN401 - whatever JSON may hold
    """Return a value: JSON where it begins like JSON, else the text itself."""
    if text.strip()[:1] not in tuple(BRACKETS):
        return text
    try:
        found = json.loads(text, parse_constant=_no_constant)
        json.dumps(found, allow_nan=False)  # 1e999 is a number to read, and none to write
    except (ValueError, RecursionError) as error:
        msg = f"it begins like JSON and is none: {error}"
        raise argparse.ArgumentTypeError(msg) from None
    return found


def parameters(text: str) -> Any:  # noqa: ANN401 - a list or an object
    """Return the parameters of a raw write."""
    found = value(text)
    if not isinstance(found, list | dict):
        msg = """write a JSON list such as '["90", "1"]', or an object such as '{"param1": "90"}'"""
        raise argparse.ArgumentTypeError(msg)
    return found


def seconds(text: str) -> float:
    """Return a number of seconds, above 0."""
    return _number(text, lambda number: number > 0)


def waiting(text: str) -> float:
    """Return a number of seconds, or 0."""
    return _number(text, lambda number: number >= 0)


def count(text: str) -> int:
    """Return how many, at least one."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is no whole number from 1 on"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _number(text: str, fits: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or not fits(number):
        msg = f"{text!r} is no number of seconds"
        raise argparse.ArgumentTypeError(msg)
    return number


def _no_constant(name: str) -> float:
    msg = f"{name} is no number of JSON"
    raise ValueError(msg)


def for_set(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `heliopost set`."""
    command.add_argument(
        "device", metavar="DEVICE", help="a device's id, serial or name; `heliopost devices` shows them"
    )
    command.add_argument("point", metavar="POINT", help="the key of a point, or of a whole such as charge_schedule")
    command.add_argument("value", metavar="VALUE", type=value, help="a plain value, or a JSON object for a whole")
    _sending(command)
    command.add_argument("--expect", metavar="VALUE", type=value, help="do nothing unless this is the value now")
    _waiting(command)


def for_commands(command: argparse.ArgumentParser, configured: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the arguments of `heliopost commands`; `configured` adds those of every command that reads the file."""
    whats = command.add_subparsers(dest="what", metavar="what", required=True)
    for name, purpose in (
        ("list", "show the newest commands"),
        ("show", "show all that is known of one command"),
        ("undo", "restore what was before a command"),
    ):
        what = whats.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        if name == "list":
            what.add_argument("--device", metavar="DEVICE", help="only those of this device: its id, serial or name")
            what.add_argument("--limit", metavar="N", type=count, default=20, help="how many (default: 20)")
        else:
            what.add_argument("id", metavar="ID", help="the command's id")
        if name == "undo":
            what.epilog = EXITS
            what.add_argument(
                "--device", metavar="DEVICE", help="of this device, where several have a command of that id"
            )
            what.add_argument("--force", action="store_true", help="restore it even if it was changed again since")
            _confirming(what)
            _waiting(what)
        else:
            what.add_argument("--json", action="store_true", help="for programs")
        configured(what)


def for_api(command: argparse.ArgumentParser, configured: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the arguments of `heliopost api`."""
    whats = command.add_subparsers(dest="what", metavar="what", required=True)
    get = whats.add_parser(
        "get",
        help="ask the vendor once by its own names",
        description="Ask the vendor once by the public library's name of a read; secrets and personal data are masked.",
    )
    get.add_argument("method", metavar="METHOD", help="the public library's name of the call, such as plant_settings")
    get.add_argument("serial", metavar="SERIAL", help="the device's serial number, its id, or a plant's number")
    configured(get)
    put = whats.add_parser(
        "put",
        help="write a setting by the vendor's own names",
        description="Write a setting by the vendor's own names, checked, written down and read back as any other.",
    )
    put.add_argument(
        "method", metavar="METHOD", help="the public library's name of the call, such as min_write_parameter"
    )
    put.add_argument("serial", metavar="SERIAL", help="the device's serial number, or its id")
    put.add_argument("type", metavar="TYPE", help="the vendor's name of the setting")
    put.add_argument("params", metavar="PARAMS", type=parameters, help="""'["90", "1"]', or '{"param1": "90"}'""")
    _sending(put)
    _waiting(put)
    configured(put)


def _sending(command: argparse.ArgumentParser) -> None:
    command.epilog = EXITS
    command.add_argument("--dry-run", action="store_true", help="only say what would be written")
    command.add_argument("--ttl", metavar="S", type=seconds, help="seconds for which it may wait before it is sent")
    command.add_argument(
        "--revert-after", metavar="S", type=seconds, help="restore the value before after these seconds"
    )
    _confirming(command)
    command.add_argument("--no-verify", action="store_true", help="do not read it back")
    command.add_argument("--force", action="store_true", help="write it even where it is so already")
    command.add_argument("--id", metavar="ID", help="an id of your own: the same again is the same command")


def _confirming(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--confirm-token-file",
        metavar="FILE",
        help="the file with the token that dangerous settings ask for, - to type it (or set HELIOPOST_CONFIRM_TOKEN)",
    )


def _waiting(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the answer as it is, for programs")
    command.add_argument(
        "--wait",
        metavar="S",
        type=waiting,
        help="seconds to wait for the answer (default: as long as reading back takes)",
    )
