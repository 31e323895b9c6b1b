"""Home Assistant's Supervisor as an app meets it: its rules for an app's files, and its API on loopback.

The rules were read in home-assistant/supervisor (supervisor/apps/validate.py, options.py and build.py of 2026;
supervisor/validate.py for versions and ports) and in frenck/action-addon-linter (src/config.schema.json, src/lint.py).
Here is only what bears on an app like ours: a key that is not in the tables is an error.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

KEYS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str,
    "version": str,
    "slug": str,
    "description": str,
    "arch": list,
    "url": str,
    "image": str,
    "homeassistant": str,
    "startup": str,
    "boot": str,
    "stage": str,
    "init": bool,
    "services": list,
    "tmpfs": bool,
    "timeout": int,
    "map": list,
    "environment": dict,
    "ports": dict,
    "ports_description": dict,
    "host_network": bool,
    "hassio_api": bool,
    "homeassistant_api": bool,
    "apparmor": (bool, str),
    "ingress": bool,
    "backup": str,
    "backup_pre": str,
    "backup_post": str,
    "backup_exclude": list,
    "breaking_versions": list,
    "options": dict,
    "schema": dict,
}
"""The linter allows no other keys (additionalProperties: false), and the Supervisor drops them."""
REQUIRED: Final = ("name", "version", "slug", "description", "arch")
DEFAULTS: Final[Mapping[str, Any]] = {
    "startup": "application",
    "boot": "auto",
    "stage": "stable",
    "init": True,
    "tmpfs": False,
    "timeout": 10,
    "host_network": False,
    "hassio_api": False,
    "homeassistant_api": False,
    "apparmor": True,
    "ingress": False,
    "backup": "hot",
    "options": {},
    "schema": {},
}
"""The linter asks to leave a key out where it says what holds anyway."""
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "arch": ("aarch64", "amd64"),  # the others are deprecated: the Supervisor warns of them
    "startup": ("initialize", "system", "services", "application", "once"),
    "boot": ("auto", "manual", "manual_only"),
    "stage": ("stable", "experimental", "deprecated"),
    "backup": ("hot", "cold"),
}
OBSOLETE: Final[Mapping[str, str]] = {
    "watchdog": "the image's HEALTHCHECK takes its place",
    "advanced": "ignored since 2026.03",
    "codenotary": "no longer used",
    "auto_uart": "now uart",
    "snapshot_exclude": "now backup_exclude",
}
_ELEMENT: Final = re.compile(
    r"(?:bool|email|url|port|device(?:\(subsystem=[a-z]+\))?|(?:str|password)(?:\(\d*,\d*\))?"
    r"|(?P<int>int)(?:\((?P<low>-?\d+)?,(?P<high>-?\d+)?\))?|float(?:\([-\d.]*,[-\d.]*\))?"
    r"|match\((?P<match>.*)\)|list\((?P<list>.+)\))\??"
)
_SERVICE: Final = re.compile(r"(mqtt|mysql):(provide|want|need)")
_PORT: Final = re.compile(r"\d{1,5}/(tcp|udp)")
_VERSION: Final = re.compile(r"\d+(\.\d+)+")


def faults_of_config(config: Mapping[str, Any]) -> Iterator[str]:
    """Return what linter and Supervisor would say of a config.yaml."""
    yield from (f"{key} is missing" for key in REQUIRED if key not in config)
    for key, value in config.items():
        yield from _faults_of_key(key, value)
    if not re.fullmatch(r"[-_.A-Za-z0-9]+", str(config.get("slug"))):
        yield "slug cannot be part of an address"
    if config.get("backup") == "cold" and {"backup_pre", "backup_post"} & config.keys():
        yield "backup_pre and backup_post are not for cold backups"
    yield from faults_of_schema(config.get("schema", {}), config.get("options", {}))


def _faults_of_key(key: str, value: Any) -> Iterator[str]:
    if key in OBSOLETE:
        yield f"{key}: {OBSOLETE[key]}"
    elif key not in KEYS:
        yield f"{key} is no known key"
    elif not isinstance(value, KEYS[key]):
        yield f"{key} has the wrong type"
    elif key in DEFAULTS and value == DEFAULTS[key]:
        yield f"{key} says what holds anyway"
    else:
        yield from _faults_of_value(key, value)


def _faults_of_value(key: str, value: Any) -> Iterator[str]:
    if key in WORDS:
        words = [value] if isinstance(value, str) else value
        yield from (f"{key}: {word}" for word in words if word not in WORDS[key])
    elif key == "services":
        yield from (f"{key}: {name}" for name in value if not _SERVICE.fullmatch(name))
    elif key == "ports":
        fits = {name: _PORT.fullmatch(name) and (port is None or 1 <= port <= 65535) for name, port in value.items()}
        yield from (f"{key}: {name}" for name in value if not fits[name])
    elif key in ("version", "homeassistant") and not _VERSION.fullmatch(value):
        yield f"{key} is no version"


def faults_of_schema(schema: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    """Return what is wrong with the form of the options, two levels deep at most."""
    for key, element in schema.items():
        inner = element[0] if isinstance(element, list) else element
        fields = inner if isinstance(inner, dict) else {key: inner}
        yield from (
            f"schema: {key}.{name}: {kind}"
            for name, kind in fields.items()
            if not isinstance(kind, str) or not _ELEMENT.fullmatch(kind)
        )
        if isinstance(element, dict) and key not in options:
            yield f"options: {key} is a section, which cannot be left out"
    yield from (f"options: {key} is not in the schema" for key in options if key not in schema)


def faults_of_options(schema: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    """Return why the Supervisor would not start an app with these options (AppOptions in options.py)."""
    for key, element in schema.items():
        if key not in options:
            first = element[0] if isinstance(element, list) else element
            if not (isinstance(first, str) and first.endswith("?")):
                yield f"{key} is missing"
        elif isinstance(element, list):
            for item in options[key]:
                inner = {key: element[0]} if isinstance(element[0], str) else element[0]
                yield from faults_of_options(inner, item if isinstance(item, dict) else {key: item})
        elif isinstance(element, dict):
            yield from faults_of_options(element, options[key])
        elif not _fits(element, options[key]):
            yield f"{key} is not {element}"


def _fits(element: str, value: Any) -> bool:
    found = _ELEMENT.fullmatch(element)
    assert found is not None, element
    if value is None:
        return False
    if found["match"]:
        return re.match(found["match"], str(value)) is not None
    if found["list"]:
        return str(value) in found["list"].split("|")
    if found["int"]:
        return int(found["low"] or value) <= int(value) <= int(found["high"] or value)
    if element.startswith("bool"):
        return isinstance(value, bool)
    return not element.startswith("port") or 1 <= int(value) <= 65535


TOKEN: Final = "the-supervisors-token"
NOT_ENABLED: Final = (400, {"result": "error", "message": "Service not enabled"})
"""What it answers where no broker is installed (supervisor/api/services.py)."""


def service(**more: Any) -> tuple[int, dict[str, Any]]:
    """Return what it answers where the app Mosquitto broker runs (supervisor/services/modules/mqtt.py)."""
    data = {
        "host": "core-mosquitto",
        "port": 1883,
        "ssl": False,
        "username": "addons",
        "password": "br0ker-Passw0rd",
        "protocol": "3.1.1",
        "addon": "core_mosquitto",
    }
    return 200, {"result": "ok", "data": data | more}


@contextmanager
def supervisor(status: int, body: Any) -> Iterator[str]:
    """Answer at an address on loopback, to whoever shows the token, what is asked of the MQTT service."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = self.headers["Authorization"] == f"Bearer {TOKEN}" and self.path == "/services/mqtt"
            code, answer = (status, body) if right else (403, {"result": "error", "message": "forbidden"})
            self.send_response(code)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *words: object) -> None:
            """Say nothing: a test is no place for an access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answering = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    answering.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        answering.join()
