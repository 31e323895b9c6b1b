"""Our image alone, run with the compose file's own options."""

import json
import re
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from trials.image import bases
from trials.image.conftest import BUILD
from trials.image.engine import Container, Engine, labels, tag, until
from trials.image.machine import ROOT, linter, run

EXTRA: Final = 70_000_000
"""Bytes that our image may be larger than its base; it was 59 MB when this was written."""
GRACE: Final = 10
"""Seconds that Docker waits after SIGTERM before it kills."""

WRITABLE: Final = """
import os, sys
found = []
for folder, inner, _ in os.walk("/"):
    if folder in ("/proc", "/sys"):
        inner.clear()
        continue
    try:
        name = os.path.join(folder, ".trial")
        open(name, "x").close()
        os.unlink(name)
        found.append(folder)
    except OSError:
        pass
print(*found)
"""
INSTALLED: Final = """
import importlib.metadata as m, json
print(json.dumps({d.metadata["Name"].lower().replace("_", "-"): d.version for d in m.distributions()}))
"""


def words(options: list[str], image: str, configuration: Path | None = None, *more: str) -> list[str]:
    """Return the options of a container that runs the bridge."""
    mounts = [f"--volume={configuration}:/config/config.yaml:ro"] if configuration else []
    return [*options, *mounts, "--env=HELIOPOST_STATE=/data", *more, image]


def events(container: Container) -> list[dict[str, Any]]:
    return [json.loads(line) for line in container.said().splitlines() if line.startswith("{")]


def up(container: Container) -> Container:
    """Wait until the bridge in a container listens."""
    until(lambda: any(event["event"] == "web_listening" for event in events(container)), "the bridge's start")
    return container


def once(engine: Engine, *what: str) -> tuple[int, str]:
    """Run a container to its end; return its exit code and what it said."""
    with engine.container(*what) as container:
        return container.ended(), container.said()


# --- what it is made of


@pytest.mark.usefixtures("engine")
def test_the_linter_finds_nothing() -> None:
    assert run([linter(), ROOT / "Dockerfile"]) == ""


def test_it_is_little_more_than_its_base(engine: Engine, image: str) -> None:
    extra = engine.image(image)["Size"] - engine.image(tag(bases.base_name()))["Size"]
    assert 0 < extra < EXTRA, f"{extra / 1e6:.0f} MB"


def test_it_says_what_it_is(engine: Engine, image: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = {name.removeprefix("org.opencontainers.image."): word for name, word in labels(engine.image(image)).items()}
    assert (said["version"], said["licenses"]) == (project["version"], project["license"])
    assert (said["revision"], said["created"]) == (BUILD["REVISION"], BUILD["CREATED"])
    assert said["title"]
    assert said["description"]
    config = engine.image(image)["Config"]
    assert config["User"] == "1000:1000"
    assert config["StopSignal"] == "SIGTERM"
    assert (config["Entrypoint"], config["Cmd"]) == (["heliopost"], ["run"])
    assert list(config["Volumes"]) == ["/data"]
    assert engine.image(image)["Healthcheck"]["Test"] == ["CMD", "heliopost", "healthcheck"]


def test_it_holds_what_the_lock_file_lists_and_no_tool_to_build_with(
    engine: Engine, image: str, options: list[str]
) -> None:
    lock = re.findall(r"^([A-Za-z0-9._-]+)==(\S+) (?:;.*)?\\$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    with engine.container(*options, "--entrypoint=sleep", image, "60") as container:
        code, said = container.exec("python", "-c", INSTALLED)
        assert code == 0, said
        installed = json.loads(said)
        assert {*installed} - {"heliopost"} <= {name for name, _ in lock}
        assert {name: version for name, version in lock if name in installed and installed[name] != version} == {}
        assert {name for name, _ in lock} - {*installed} <= {"setuptools", "colorama"}, "the builder, and Windows's"
        for tool in ("gcc", "cc", "make", "pip", "pip3", "/opt/heliopost/bin/pip"):
            assert container.exec("sh", "-c", f"command -v {tool}")[0] != 0, tool
        for python in ("python", "/usr/local/bin/python"):
            for module in ("pip", "ensurepip"):
                code, said = container.exec(python, "-m", module, "--version")
                assert (code, f"No module named {module}" in said) == (1, True), said
        assert container.exec("sh", "-c", "find /root/.cache /var/lib/apt/lists -type f 2>/dev/null")[1] == ""


# --- how it runs


def test_it_has_no_rights(engine: Engine, image: str, options: list[str], configuration: Path) -> None:
    with engine.container(*words(options, image, configuration)) as container:
        up(container)
        status = container.exec("cat", "/proc/1/status")[1]
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Uid"].split() == fields["Gid"].split() == ["1000"] * 4
        assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {"0" * 16}
        assert fields["NoNewPrivs"] == "1"
        assert container.exec("cat", "/proc/1/comm")[1].strip() == "heliopost", "it is the first process itself"


def test_only_data_and_tmp_can_be_written(engine: Engine, image: str, options: list[str], configuration: Path) -> None:
    with engine.container(*words(options, image, configuration)) as container:
        up(container)
        found = container.exec("python", "-c", WRITABLE)[1].split()
        assert {"/data", "/tmp"} <= {*found}  # noqa: S108 - the container's
        devices = [folder for folder in found if folder.startswith("/dev")]
        assert {*found} - {*devices} == {"/data", "/tmp"}  # noqa: S108 - the container's
        kept = container.exec("ls", "/data")[1].split()
        assert "heliopost.db" in kept


def test_it_keeps_to_its_memory_and_leaves_no_dead_process(
    engine: Engine, image: str, options: list[str], service: dict[str, Any], configuration: Path
) -> None:
    with engine.container(*words(options, image, configuration)) as container:
        up(container)
        assert engine.inspect(container.name)["HostConfig"]["Memory"] == int(service["mem_limit"])
        for _ in range(3):
            container.probe()
        assert container.exec("sh", "-c", "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null")[1] == ""
        (used,) = re.findall(r"VmHWM:\s+(\d+) kB", container.exec("cat", "/proc/1/status")[1])
        assert int(used) * 1024 < int(service["mem_limit"]) / 2


def test_the_health_check_says_what_is_wrong(
    engine: Engine, image: str, options: list[str], configuration: Path
) -> None:
    with engine.container(*words(options, image, configuration)) as container:
        up(container)
        assert not container.probe()
        code, said = container.exec("heliopost", "healthcheck")
        assert code == 1
        assert re.search(r"broker|account", said), said
        assert container.exec("heliopost", "healthcheck", "--live")[0] == 0


@pytest.mark.parametrize("moment", ["while it starts", "when it runs"])
def test_it_ends_in_good_order(
    engine: Engine, image: str, options: list[str], configuration: Path, moment: str
) -> None:
    with engine.container(*words(options, image, configuration)) as container:
        if moment == "when it runs":
            up(container)
        else:
            until(lambda: container.exec("cat", "/proc/1/comm")[1].strip() == "heliopost", "its first step")
            until(lambda: deaf(container) is False, "an ear for SIGTERM")
        began = time.monotonic()
        engine.podman("kill", "--signal", "TERM", container.name)
        assert container.ended() == (0 if moment == "when it runs" else 143)
        assert time.monotonic() - began < GRACE
        if moment == "when it runs":
            assert events(container)[-1]["event"] == "stopped"


def deaf(container: Container) -> bool | None:
    """Return whether the first process would not hear SIGTERM; None if that cannot be seen."""
    found = re.search(r"^SigCgt:\t(\w+)$", container.exec("cat", "/proc/1/status")[1], re.MULTILINE)
    return not int(found[1], 16) >> 14 & 1 if found else None


# --- what its owner can get wrong


def test_a_missing_configuration_is_explained(engine: Engine, image: str, options: list[str]) -> None:
    code, said = once(engine, *words(options, image))
    assert code == 78
    assert "there is no configuration: neither ./config.yaml nor /config/config.yaml exists" in said


def test_a_wrong_configuration_is_explained(
    engine: Engine, image: str, options: list[str], configuration: Path
) -> None:
    configuration.write_text(configuration.read_text().replace("username", "usrname"))
    code, said = once(engine, *words(options, image, configuration))
    assert code == 78
    assert "config.yaml:4:5: accounts.home.usrname is no known key; did you mean `username`?" in said
    assert "s3cret-word" not in said


def test_a_configuration_of_somebody_else_is_explained(
    engine: Engine, image: str, options: list[str], configuration: Path
) -> None:
    configuration.chmod(0o600)  # root's, and the container is the user 1000
    code, said = once(engine, *words(options, image, configuration))
    assert code == 78
    assert "the configuration cannot be read (permission denied): check the name and who may read it" in said


def test_a_data_folder_of_somebody_else_is_explained_and_the_bridge_goes_on(
    engine: Engine, image: str, options: list[str], configuration: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    with engine.container(*words(options, image, configuration, f"--volume={data}:/data")) as container:
        up(container)
        (told,) = (event for event in events(container) if event["event"] == "state_not_durable")
        assert told["folder"] == "/data"
        assert "what happens is forgotten at a restart" in told["advice"]
        assert container.exec("heliopost", "healthcheck", "--live")[0] == 0
