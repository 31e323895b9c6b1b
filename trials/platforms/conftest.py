"""Podman, a broker that asks for a password, and a simulated cloud, for the trials of images."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from tests.broker import Mosquitto
from tests.deploy.addon import ROOT
from trials.image import bases
from trials.image.engine import Engine
from trials.image.machine import Unavailable, prepare

PASSWORD: Final = "sunny-demo-1"
"""Of the simulated account `demo`."""
BROKERS: Final = "br0ker-Passw0rd"
"""Of the broker's user `addons`, who is in Home Assistant's broker what any app is."""


@pytest.fixture(scope="session")
def podman() -> Engine:
    """Podman, which has a stand-in for the base that our Dockerfiles are pinned to."""
    try:
        prepare()
        made = Engine()
        bases.python(made)
    except Unavailable as error:
        pytest.skip(str(error))
    return made


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    """The address of a simulated cloud."""
    words = [sys.executable, "-m", "simulator", "growatt", "--fleet", "one"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["address"])
        process.terminate()


@pytest.fixture(scope="session")
def broker() -> Iterator[Mosquitto]:
    """A broker that lets in nobody else."""
    made = Mosquitto(users={"addons": BROKERS})
    made.open()
    yield made
    made.close()
