"""The machine made ready, our image built, and one run at a time."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from trials.image import bases
from trials.image.engine import Engine, tag
from trials.image.machine import CACHE, ROOT, Unavailable, prepare, run, say, suitable

IMAGE = tag("heliopost:local")
BUILD: Final = {"REVISION": "0123456789abcdef", "CREATED": "2026-11-21T16:00:00Z"}
"""What whoever publishes an image says of it."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Podman with a storage of its own; whoever comes second waits."""
    try:
        suitable()
    except Unavailable as error:
        pytest.skip(str(error))
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            prepare()
        except Unavailable as error:
            pytest.skip(str(error))
        made = Engine()
        made.podman("image", "prune", "--force", "--filter", "until=24h")  # what builds of other days have left
        yield made


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """Our image, built from the Dockerfile as it is, on the stand-in for its base; return its name."""
    try:
        bases.python(engine)
    except Unavailable as error:
        pytest.skip(str(error))
    say("building the image")
    said = [word for name, value in BUILD.items() for word in ("--build-arg", f"{name}={value}")]
    engine.build(IMAGE, ROOT, "--layers", *said)
    return IMAGE


@pytest.fixture(scope="session")
def service(engine: Engine) -> dict[str, Any]:
    """The service `heliopost` as docker compose itself reads the file."""
    words = ["docker", "compose", "--project-directory", str(ROOT), "--profile", "home", "config", "--format", "json"]
    found: dict[str, Any] = json.loads(run(words, env=engine.env))["services"]["heliopost"]
    return found


@pytest.fixture(scope="session")
def options(service: dict[str, Any]) -> list[str]:
    """What the compose file asks for, as podman's options."""
    words = [f"--tmpfs={place}" for place in service["tmpfs"]]
    words += [f"--cap-drop={name}" for name in service["cap_drop"]]
    words += [f"--security-opt={option.replace(':true', '')}" for option in service["security_opt"]]
    words += [f"--memory={service['mem_limit']}", f"--cpus={service['cpus']}", f"--pids-limit={service['pids_limit']}"]
    if service["read_only"]:
        words += ["--read-only", "--read-only-tmpfs=false"]  # podman's own addition: Docker lets nobody write there
    return words


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A configuration whose broker and whose vendor are not there."""
    tmp_path.chmod(0o755)
    file = tmp_path / "config.yaml"
    file.write_text(
        "accounts:\n  home:\n    provider: growatt\n    username: me\n    password: s3cret-word\n"
        "    server_url: http://127.0.0.1:9/\nmqtt:\n  host: 127.0.0.1\n  port: 9\nlog:\n  format: json\n"
    )
    file.chmod(0o644)
    return file
