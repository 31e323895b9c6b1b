"""The command line: each command is a module of this folder, loaded when it is asked for.

Exit codes: 0 done, 1 it did not work, 2 wrong arguments, 78 the configuration must be mended first
(EX_CONFIG of sysexits.h: a supervisor should not restart), 130 interrupted. A command that changes a setting ends with
the codes of its final answer: docs/commands.md.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Final, NoReturn

from app import __version__
from app.errors import BridgeError, ConfigError

DONE: Final = 0
FAILED: Final = 1
"""It did not work; of a command: nobody knows whether it has."""
REJECTED: Final = 3
"""A command was turned down, and nothing was sent to the vendor."""
NOT_DONE: Final = 4
"""A command failed: the vendor has said no, or could not be asked."""
EXPIRED: Final = 5
SUPERSEDED: Final = 6
CONFIG: Final = 78
INTERRUPTED: Final = 130

COMMANDS: Final = {
    "run": "run the bridge until it is told to stop",
    "check": "try the configuration, the broker and the accounts, and say what is wrong",
    "devices": "show all devices and their values",
    "set": "change a setting of a device, through the running bridge",
    "commands": "show or undo changes of settings",
    "api": "read or write by the vendor's own names, through the running bridge",
    "healthcheck": "ask the running bridge whether it works, for containers",
    "backup": "write the state (sessions, counters, announcements) to a file",
    "restore": "put a backup in the place of the state",
    "schema": "print the JSON schema of the configuration, for editors",
    "demo": "show a simulated solar park, live in this terminal",
    "version": "print the version",
}
CONFIGURED: Final = frozenset({"run", "check", "devices", "set", "healthcheck", "backup", "restore"})
"""Commands that read the configuration; the parts of `commands` and `api` do, too."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="heliopost", description="Solar inverter clouds to MQTT, Home Assistant and Prometheus."
    )
    top.add_argument("--version", action="version", version=f"heliopost {__version__}")
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name in CONFIGURED:
            _configured(command)
        _arguments(name, command)
    return top


def _configured(command: argparse.ArgumentParser) -> None:
    command.add_argument("-c", "--config", metavar="FILE", help="the configuration (default: ./config.yaml)")
    command.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error")
    command.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set one key of the configuration, such as mqtt.host=broker.lan; stronger than anything else",
    )


def _arguments(name: str, command: argparse.ArgumentParser) -> None:
    from app.cli import arguments

    match name:
        case "check":
            command.add_argument("--offline", action="store_true", help="do not touch the network")
        case "devices":
            command.add_argument("--all", action="store_true", help="also the values that hardly anybody wants")
            command.add_argument("--json", action="store_true", help="for programs")
            command.add_argument(
                "--raw", action="store_true", help="with the vendor's last answers, secrets masked (implies --json)"
            )
        case "set":
            arguments.for_set(command)
        case "commands":
            arguments.for_commands(command, _configured)
        case "api":
            arguments.for_api(command, _configured)
        case "healthcheck":
            command.add_argument(
                "--live", action="store_true", help="ask only whether it is alive, not whether values flow"
            )
        case "backup":
            command.add_argument("file", metavar="FILE", help="the file to write")
            command.add_argument("--force", action="store_true", help="overwrite the file if there is one")
        case "restore":
            command.add_argument("file", metavar="FILE", help="a file that `heliopost backup` has written")
        case "demo":
            seconds = os.environ.get("DEMO_SECONDS") or None
            command.add_argument("--seconds", type=float, default=seconds, help="end by itself (default: DEMO_SECONDS)")
            command.add_argument(
                "--speed", type=float, default=None, help="how much faster than the wall's the clock runs"
            )
            command.add_argument("--embedded", action="store_true", help="use the embedded broker in any case")
        case _:
            pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return the exit code."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, _ended)
    chosen = parser().parse_args(arguments)
    try:
        demo = chosen.command == "demo"
        code = _demo(chosen) if demo else int(import_module(f"app.cli.{chosen.command}").execute(chosen))
        sys.stdout.flush()  # here, not at the interpreter's end, where nobody catches what it raises
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing may be flushed into the pipe at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (BridgeError, BaseExceptionGroup) as error:
        return _told(error)
    return code


def _ended(number: int, _frame: object) -> NoReturn:
    """End before the bridge listens for it: the first process of a container is deaf to what it does not handle."""
    sys.exit(128 + number)


def _demo(chosen: argparse.Namespace) -> int:
    from app.cli import demo

    return demo.run(chosen.seconds, speed=chosen.speed or demo.SPEED, embedded=chosen.embedded)


def _told(error: BaseException) -> int:
    """Say what went wrong and return the exit code; raise whatever nobody foresaw."""
    causes = list(_causes(error))
    unforeseen = [cause for cause in causes if not isinstance(cause, BridgeError)]
    if unforeseen:
        raise error
    for cause in causes:
        for sentence in cause.faults if isinstance(cause, ConfigError) else (str(cause),):
            print(f"heliopost: {sentence}", file=sys.stderr)
    return CONFIG if any(isinstance(cause, ConfigError) for cause in causes) else FAILED


def _causes(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    else:
        yield error
