"""The lines of docs/install/compose.md, typed as they stand."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from trials.image import bases
from trials.image.engine import Engine, until
from trials.image.machine import ROOT, Unavailable
from trials.image.stack import Stack, house, settled

PAGE: Final = ROOT / "docs" / "install" / "compose.md"
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
(WHERE,) = re.findall(r"^```\n(TZ=.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
"""The lines with which the owner says where the house is."""
NOT_TYPED: Final = ("git pull",)
"""There is nothing to pull from."""


@pytest.fixture(scope="module")
def stack(engine: Engine, image: str) -> Iterator[Stack]:  # noqa: ARG001 - the image must be there
    try:
        for make in (bases.broker, bases.prometheus, bases.grafana, bases.home_assistant):
            make(engine)
    except Unavailable as error:
        pytest.skip(str(error))
    with house(engine) as made:
        yield made


@pytest.fixture(scope="module")
def vendor() -> Iterator[str]:
    """The simulated vendor on this machine, with the login that the example names; its address as containers see it."""
    login = ["--user", "your user name", "--password", "your password"]
    words = [sys.executable, "-m", "simulator", "growatt", "--host", "0.0.0.0", "--fleet", "one", *login]  # noqa: S104
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = str(json.loads(process.stdout.readline())["address"]).rpartition(":")[2]
        yield f"http://host.containers.internal:{port}"
        process.terminate()


def typed(stack: Stack, block: str, programs: Path) -> str:
    """Type a block and return what it said; raise AssertionError where it fails."""
    sudo = programs / "sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    sudo.chmod(0o755)
    place = {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e", "-c", block],
        cwd=stack.folder,
        env={**os.environ, **stack.engine.env, **stack.env, **place},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{block}{done.stdout}"
    return done.stdout


@pytest.mark.timeout(600)  # two houses come up in it, one after the other
def test_the_lines_of_the_manual_do_what_it_says(stack: Stack, vendor: str, tmp_path: Path) -> None:
    said, home, demo = {}, {}, stack.as_demo()
    for block in BLOCKS:
        if any(line in block for line in NOT_TYPED):
            continue
        if "check --offline" in block:  # here the owner fills in the file
            file = stack.folder / "config.yaml"
            file.write_text(file.read_text().replace("#server_url: null", f"server_url: {vendor}"))
            settings = stack.folder / ".env"
            settings.write_text(f"{WHERE}{settings.read_text()}")
        if "demo.env ps" in block:
            until(lambda: demo.running().get("homeassistant-setup") == "ended 0", "the end of the set-up")
            settled(demo, "heliopost-demo", "simulator", "mosquitto", "prometheus", "grafana", "homeassistant")
        if "heliopost devices" in block:
            settled(stack, "heliopost", "mosquitto")
            until(lambda: stack.running().get("homeassistant-setup") == "ended 0", "the end of the set-up", 300)
            home = stack.ask("homeassistant", "/api/config", token=stack.owner())
        said[block] = typed(stack, block, tmp_path)
    told = "".join(said.values())
    for name in ("homeassistant_owner_password", "grafana_admin_password"):
        assert name in told
    assert "config.yaml" in next(text for block, text in said.items() if "check --offline" in block)
    assert "MIN" in next(text for block, text in said.items() if "heliopost devices" in block)
    assert {name: home[name] for name in ("time_zone", "country", "currency", "latitude")} == {
        "time_zone": "Europe/Zurich",
        "country": "CH",
        "currency": "CHF",
        "latitude": 47.37,
    }
    restored = next(text for block, text in said.items() if "heliopost restore" in block)
    assert "What was there before is kept" in restored
    assert stack.running() == demo.running() == {}
    assert not (stack.folder / "secrets").exists()
    assert (stack.folder / "heliopost-backup.db").exists()
