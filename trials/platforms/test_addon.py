"""Home Assistant's app as its Supervisor would have it: packed, built, started with options that only root can read."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.broker import Mosquitto, free_port
from tests.deploy.addon import REPOSITORY, config, module
from tests.deploy.supervisor import TOKEN, service, supervisor
from trials.image.engine import Container, Engine, until
from trials.image.machine import linter, run
from trials.platforms.conftest import BROKERS, PASSWORD

pytestmark = pytest.mark.timeout(900)  # the first run makes a base for the image

IMAGE: Final = "localhost/heliopost-addon:trial"
USER: Final = "1000"
ZONE: Final = "Europe/Berlin"
"""Home Assistant's time zone."""


@pytest.fixture(scope="module")
def engine(podman: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Podman, with the app's image built of what pack.py has packed."""
    app = module(REPOSITORY / "pack.py").pack(tmp_path_factory.mktemp("addon") / "repository")
    podman.build(IMAGE, app)
    return podman


class Home:
    """What the Supervisor lays around the container."""

    def __init__(self, engine: Engine, broker: Mosquitto, cloud: str, data: Path) -> None:
        self.engine, self.broker, self.data = engine, broker, data
        account = {"name": "home", "provider": "growatt", "username": "demo", "password": PASSWORD}
        extra = [f"accounts.home.server_url={cloud}", f"web.port={free_port()}"]
        self.options: dict[str, Any] = config()["options"] | {"accounts": [account], "extra": extra}

    def words(self, address: str) -> list[str]:
        """Return how the container is started: its own command, but for where the Supervisor answers."""
        self.data.mkdir(exist_ok=True)
        options = self.data / "options.json"
        options.write_text(json.dumps(self.options))
        options.chmod(0o600)
        around = ["--network=host", "--tmpfs=/tmp", f"--volume={self.data}:/data", f"--env=SUPERVISOR_TOKEN={TOKEN}"]
        around.append(f"--env=TZ={ZONE}")  # supervisor/docker/addon.py
        return [*around, IMAGE, *self.engine.image(IMAGE)["Config"]["Cmd"], "--supervisor", address]


@pytest.fixture
def home(engine: Engine, broker: Mosquitto, cloud: str, tmp_path: Path) -> Home:
    return Home(engine, broker, cloud, tmp_path / "data")


def started(container: Container) -> str:
    """Wait until the bridge has its broker, and return how it is known there."""
    found = re.compile(r"broker_connected .*client_id=(\w+)")

    def look() -> str:
        assert container.state()["Running"], container.said()
        known = found.search(re.sub(r"\x1b\[[\d;]*m", "", container.said()))
        return known[1] if known else ""

    return str(until(look, "the connection to the broker"))


def test_the_app_runs_without_rights_and_its_backup_brings_everything_back(home: Home, tmp_path: Path) -> None:
    with supervisor(*service(host=home.broker.host, port=home.broker.port)) as address:
        with home.engine.container(*home.words(address)) as container:
            name = started(container)
            until(container.probe, "the health check")
            status = container.exec("cat", "/proc/1/status")[1]
            assert re.search(rf"^Uid:\t{USER}\t{USER}\t{USER}\t{USER}$", status, re.MULTILINE), status
            assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE), status
            assert container.exec("sh", "-c", "stat --format=%a:%u $HELIOPOST_CONFIG")[1].strip() == f"600:{USER}"
            made = json.loads(container.exec("sh", "-c", "cat $HELIOPOST_CONFIG")[1])
            assert made["accounts"]["home"]["timezone"] == ZONE
            assert TOKEN not in container.exec("cat", "/proc/1/environ")[1]
            code, said = container.exec(*config()["backup_pre"].split())
            assert code == 0, said
            log = container.said()
        assert [secret for secret in (TOKEN, BROKERS, PASSWORD + '"') if secret in log] == []
        # Home Assistant keeps the folder's content, but for what backup_exclude names, and lays it out anew.
        kept, home.data = home.data, tmp_path / "restored"
        home.data.mkdir()
        for file in kept.iterdir():
            if not any(file.name == pattern.partition("/")[0] for pattern in config()["backup_exclude"]):
                file.rename(home.data / file.name)
        assert sorted(file.name for file in home.data.iterdir()) == ["heliopost-backup.db", "options.json"]
        with home.engine.container(*home.words(address)) as container:
            assert started(container) == name
            assert "is restored from Home Assistant's backup" in container.said()


def test_options_that_do_not_suit_end_it_with_a_sentence(home: Home) -> None:
    home.options["accounts"] = []
    with (
        supervisor(*service(host=home.broker.host, port=home.broker.port)) as address,
        home.engine.container(*home.words(address)) as container,
    ):
        assert container.ended() == 78
        assert "heliopost: there is no account yet: add one" in container.said()


def test_the_linter_of_dockerfiles_has_nothing_to_say(podman: Engine) -> None:
    assert podman is not None, "what it stands on has installed the linter, too"
    said = run([linter(), REPOSITORY / "heliopost" / "Dockerfile"])
    assert said == ""


def test_the_packed_repository_is_what_a_supervisor_reads(tmp_path: Path) -> None:
    app = module(REPOSITORY / "pack.py").pack(tmp_path / "repository")
    assert yaml.safe_load((app / "config.yaml").read_text()) == config()
