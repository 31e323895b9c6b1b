"""Started by root, as the Supervisor starts it, the app's bridge keeps nothing of what only root may have."""

import asyncio
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker import Mosquitto, free_port
from tests.deploy.addon import ROOT, START, module
from tests.deploy.supervisor import TOKEN, service, supervisor
from tests.deploy.test_addon_start import BROKERS_PASSWORD, LIMIT, App, cloud, options

__all__ = ["cloud"]

USER = 1000
"""Whom the app becomes unless told otherwise."""


@dataclass(frozen=True)
class Stage:
    """How root starts Python so that another user can go on with it, though both may lie in a folder closed to that."""

    words: tuple[str, ...]
    environment: dict[str, str]

    def works(self) -> bool:
        become = f"os.setgid({USER}); os.setuid({USER}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
        words = [*self.words, "-c", f"import os, sys; {become}", "-c", "import app.daemon"]
        environment = {**os.environ, **self.environment}
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0


def stage(folder: Path) -> Stage:
    """Return a way that works: as it is, or with Python and the project mounted where everybody may enter."""
    plain = Stage((sys.executable,), {})
    if plain.works():
        return plain
    python, project = folder / "python", folder / "project"
    python.mkdir()
    project.mkdir()
    script = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && cd "$4" && shift 4 && exec "$@"'
    mounts = map(str, (sys.base_prefix, python, ROOT, project))
    interpreter = python / Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
    packages = Path(sysconfig.get_path("purelib"))
    seen = project / packages.relative_to(ROOT) if packages.is_relative_to(ROOT) else packages
    moved = Stage(
        ("unshare", "--mount", "sh", "-c", script, "sh", *mounts, str(interpreter)),
        {"PYTHONPATH": f"{project}:{seen}", "LD_LIBRARY_PATH": f"{python}/lib"},
    )
    if not moved.works():
        pytest.skip(f"the user {USER} may not enter {ROOT} or {sys.base_prefix}, and root may not mount here")
    return moved


@pytest.fixture
def roots_app() -> Iterator[App]:
    """The container as it really starts, by root, with the user that the program is to become."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user: run `make test` as root, too")
    with tempfile.TemporaryDirectory(prefix="heliopost-app-") as name:  # pytest's own folders are closed to that user
        Path(name).chmod(0o755)
        yield App(Path(name), USER)


def facts(process: int) -> tuple[dict[str, list[str]], str]:
    """Return what the kernel says of a process, such as its ids (proc_pid_status(5)), and its environment."""
    folder = Path(f"/proc/{process}")
    lines = (line.partition(":") for line in (folder / "status").read_text().splitlines())
    return {name: text.split() for name, _, text in lines}, (folder / "environ").read_bytes().decode()


async def test_started_by_root_the_bridge_has_neither_its_rights_nor_the_supervisors_token(
    roots_app: App, cloud: str
) -> None:
    app, mine = roots_app, [str(USER)] * 4
    start = await asyncio.to_thread(stage, app.data.parent)
    options_file, log_file = app.data / "options.json", app.data.parent / "log"
    options_file.touch(0o600)
    options_file.write_text(json.dumps(options(extra=[f"accounts.home.server_url={cloud}", f"web.port={free_port()}"])))
    async with Mosquitto(users={"addons": BROKERS_PASSWORD}) as broker:
        with supervisor(*service(host=broker.host, port=broker.port)) as address, log_file.open("wb") as log:
            bridge = await asyncio.create_subprocess_exec(
                *start.words,
                *app.words(address)[1:],
                env=app.environment | start.environment,
                cwd=ROOT,
                extra_groups=[0, 4],
                stdout=log,
                stderr=log,
            )
            try:
                async with asyncio.timeout(LIMIT), broker.ear(username="addons", password=BROKERS_PASSWORD) as ear:
                    await ear.hears("heliopost/bridge/state", "online")
                    status, environment = facts(bridge.pid)
            finally:
                if bridge.returncode is None:
                    bridge.kill()
                    await bridge.wait()
    assert (status["Uid"], status["Gid"], status["Groups"]) == (mine, mine, [])
    assert [int(status[name][0], 16) for name in ("CapEff", "CapPrm")] == [0, 0]
    assert f"HELIOPOST_CONFIG={app.file}\0" in environment
    assert "TOKEN" not in environment
    assert TOKEN not in environment
    state = app.data / module(START).STATE
    for path in (state, state / module(START).DATABASE, app.file.parent, app.file):
        assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o077) == (USER, USER, 0), path
    assert options_file.stat().st_uid == 0
