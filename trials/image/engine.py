"""Podman as this project's trials use it: a storage of its own below .cache/, and its API for Docker's own command."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from trials.image.machine import CACHE, run

LIMIT: Final = 120.0
"""Seconds that anything may take before a trial gives up."""
STEP: Final = 0.2

_STORAGE = """\
[storage]
driver = "overlay"
runroot = "{cache}/run"
graphroot = "{cache}/graph"
[storage.options.overlay]
mount_program = "{fuse}"
"""
_CONTAINERS = """\
[containers]
# podman's own defaults cannot be set without CAP_SYS_RESOURCE
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
# crun refuses a machine with both kinds of cgroups
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "{cache}/networks"
"""


def until(found: Callable[[], Any], what: str, limit: float = LIMIT) -> Any:
    """Return what `found` returns as soon as it is true of anything; raise TimeoutError after `limit` seconds."""
    deadline = time.monotonic() + limit
    while not (it := found()):
        if time.monotonic() > deadline:
            msg = f"{what}: not within {limit:.0f} s"
            raise TimeoutError(msg)
        time.sleep(STEP)
    return it


class Engine:
    """Images and containers of these trials, apart from whatever else this machine runs."""

    def __init__(self) -> None:
        """Write the settings of podman and buildah."""
        CACHE.mkdir(parents=True, exist_ok=True)
        fuse = shutil.which("fuse-overlayfs")
        (CACHE / "storage.conf").write_text(_STORAGE.format(cache=CACHE, fuse=fuse))
        (CACHE / "containers.conf").write_text(_CONTAINERS.format(cache=CACHE))
        (CACHE / "docker").mkdir(exist_ok=True)
        (CACHE / "docker" / "config.json").write_text("{}")
        self.socket = CACHE / "podman.sock"
        self.env: dict[str, str] = {
            "CONTAINERS_STORAGE_CONF": str(CACHE / "storage.conf"),
            "CONTAINERS_CONF": str(CACHE / "containers.conf"),
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_CONFIG": str(CACHE / "docker"),
            "DOCKER_BUILDKIT": "0",
        }
        self._service: subprocess.Popen[bytes] | None = None

    def podman(self, *words: str | Path, limit: float = LIMIT) -> str:
        """Run podman and return what it printed."""
        return run(["podman", *words], env=self.env, limit=limit)

    def exists(self, image: str) -> bool:
        """Return whether an image is there."""
        with contextlib.suppress(RuntimeError):
            self.podman("image", "exists", image)
            return True
        return False

    def build(self, name: str, folder: Path, *words: str | Path) -> None:
        """Build the Dockerfile of a folder; what its RUN lines fetch, they fetch as this machine does.

        With `--layers` each step is kept: quicker the next time, slower now.
        """
        certificates = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
        inside = "/etc/ssl/certs/ca-certificates.crt"
        options = ["--isolation", "chroot", "--pull-never", "--format", "docker"]
        mounts = ["--volume", f"{certificates}:{inside}:ro"]
        if Path("/etc/pip.conf").exists():
            mounts += ["--volume", "/etc/pip.conf:/etc/pip.conf:ro"]
        run(["buildah", "bud", *options, *mounts, "--tag", name, *words, folder], env=self.env)

    def inspect(self, container: str) -> dict[str, Any]:
        """Return what podman knows of a container."""
        (found,) = json.loads(self.podman("container", "inspect", container))
        return dict(found)

    def image(self, name: str) -> dict[str, Any]:
        """Return what podman knows of an image."""
        (found,) = json.loads(self.podman("image", "inspect", name))
        return dict(found)

    @contextlib.contextmanager
    def container(self, *words: str | Path) -> Iterator["Container"]:
        """Run a container in the background, and remove it with its volumes at the end."""
        name = self.podman("run", "--detach", "--pull=never", *words).strip()
        try:
            yield Container(self, name)
        finally:
            self.podman("rm", "--force", "--time", "0", "--volumes", name)

    # --- the API, for docker and docker compose

    def __enter__(self) -> Self:
        self.socket.unlink(missing_ok=True)
        words = ["podman", "system", "service", "--time", "0", self.env["DOCKER_HOST"]]
        with (CACHE / "service.log").open("wb") as log:
            self._service = subprocess.Popen(words, env={**os.environ, **self.env}, stdout=log, stderr=log)
        until(self._answers, "podman's API")
        return self

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.socket))
            return True
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._service is not None:
            self._service.terminate()
            self._service.wait(LIMIT)
        self.socket.unlink(missing_ok=True)
        self._end_watchers()

    def _end_watchers(self) -> None:
        """End what still watches over containers that are gone: after an `exec` it would stay for five minutes."""
        there = self.podman("ps", "--all", "--quiet", "--no-trunc").split()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                ours = words[0].endswith("/conmon") and any(word.startswith(str(CACHE)) for word in words)
                if ours and words[words.index("-c") + 1] not in there:
                    os.kill(int(process.name), signal.SIGKILL)

    def docker(self, *words: str | Path, env: Mapping[str, str] | None = None, limit: float = LIMIT) -> str:
        """Run Docker's own command on podman's API."""
        return run(["docker", *words], env={**self.env, **(env or {})}, limit=limit)


class Container:
    """One container that runs."""

    def __init__(self, engine: Engine, name: str) -> None:
        """Know it by its name or its id."""
        self._engine, self.name = engine, name

    def exec(self, *words: str, user: str | None = None) -> tuple[int, str]:
        """Run a command in it; return its exit code and what it printed, errors too."""
        as_user = ["--user", user] if user else []
        return self._podman("exec", *as_user, self.name, *words)

    def said(self) -> str:
        """Return its log."""
        code, log = self._podman("logs", self.name)
        if code:
            msg = f"podman logs {self.name} ended with {code}: {log}"
            raise RuntimeError(msg)
        return log

    def _podman(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            ["podman", *words],
            env={**os.environ, **self._engine.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
        return done.returncode, done.stdout

    def state(self) -> dict[str, Any]:
        """Return whether it runs, its exit code, its health."""
        return dict(self._engine.inspect(self.name)["State"])

    def ended(self) -> int:
        """Wait until it has ended, and return its exit code."""
        until(lambda: not self.state()["Running"], f"the end of {self.name}")
        return int(self.state()["ExitCode"])

    def probe(self) -> bool:
        """Run its health check once and return whether it is well."""
        try:
            self._engine.podman("healthcheck", "run", self.name)
        except RuntimeError:
            return False
        return True


class Pulse:
    """Runs the health checks of all containers, again and again: podman leaves that to systemd, which is not there."""

    def __init__(self, engine: Engine) -> None:
        """Run them in a thread of its own."""
        self._engine = engine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(1):
            with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
                for name in self._engine.podman("ps", "--quiet").split():
                    with contextlib.suppress(RuntimeError):  # it says no, or has no check: others are still asked
                        self._engine.podman("healthcheck", "run", name)


def labels(image: Mapping[str, Any]) -> Mapping[str, str]:
    """Return an image's labels."""
    return dict(image["Config"].get("Labels") or {})


def tag(name: str) -> str:
    """Return a short name of the compose file as the one by which the API finds it."""
    return f"docker.io/{name}" if "/" in name else f"docker.io/library/{name}"
