"""What must be true of Dockerfile, docker-compose.yml and deploy/mosquitto; `make check-image` runs them."""

import re
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.brokersettings import MqttSettings
from app.topics import Topics
from simulator.growatt import PASSWORD

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BROKER = ROOT / "deploy" / "mosquitto"


def places(service: str) -> dict[str, str]:
    """Return what is mounted where, by its source."""
    mounts = [
        (mount["source"], mount["target"]) if isinstance(mount, dict) else tuple(mount.split(":")[:2])
        for mount in SERVICES[service].get("volumes", [])
    ]
    return dict(mounts)


# --- the image


def test_the_user_of_the_container_is_the_one_that_the_advice_names() -> None:
    (user,) = re.findall(r"useradd .*--uid (\d+)", DOCKERFILE)
    assert f"USER {user}:{user}" in DOCKERFILE
    advising = ("docs/install/compose.md", "docker-compose.yml", "app/cli/check.py")
    assert [name for name in advising if f"user {user}" not in (ROOT / name).read_text()] == []


def test_the_image_carries_the_project_s_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nARG VERSION={project['version']}\n" in DOCKERFILE
    assert f'licenses="{project["license"]}"' in DOCKERFILE
    for name in ("source", "revision", "created"):
        assert f'\nARG {name.upper()}=""\n' in DOCKERFILE
        assert f'image.{name}="${{{name.upper()}}}"' in DOCKERFILE


def test_every_image_is_pinned_to_a_release() -> None:
    (base,) = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base)
    images = {service["image"] for service in SERVICES.values()} - {"heliopost:local"}
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+$", image)] == []


def test_what_git_tracks_and_the_image_does_not_need_stays_outside() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = {name for copy in copies for name in copy.split()}
    assert lines[1] == "*"
    assert allowed == copied


# --- the services


def test_the_state_of_the_container_is_in_the_volume_that_has_a_name() -> None:
    (volume,) = re.findall(r"^VOLUME (\S+)$", DOCKERFILE, re.MULTILINE)
    for name in ("heliopost", "heliopost-demo"):
        assert SERVICES[name]["environment"]["HELIOPOST_STATE"] == places(name)[name] == volume
        assert name in COMPOSE["volumes"]


def test_no_service_leaves_volumes_without_a_name_behind() -> None:
    ours = [name for name, service in SERVICES.items() if service["image"] == "heliopost:local"]
    assert [name for name in ours if "/data" not in {*SERVICES[name].get("tmpfs", []), *places(name).values()}] == []


def test_the_set_up_remembers_that_it_is_done() -> None:
    setup = "homeassistant-setup"
    assert SERVICES[setup]["environment"]["DONE_FILE"].startswith(f"{places(setup)[setup]}/")
    assert setup in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_held_short(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert "stop_grace_period" in service
    assert service["cpus"] <= 1, "Docker refuses more than the machine has"
    assert service.get("read_only") or name == "homeassistant", "its reason stands in the file"
    assert "privileged" not in service
    assert service.get("network_mode") is None


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_whether_it_is_well(name: str) -> None:
    own = SERVICES[name].get("healthcheck")
    image = SERVICES[name]["image"] == "heliopost:local" and "HEALTHCHECK" in DOCKERFILE
    assert own or image
    for other, link in SERVICES[name].get("depends_on", {}).items():
        assert link["condition"] == "service_healthy", other


def assigned(name: str) -> dict[str, str]:
    """Return what a file of variables sets."""
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / name).read_text(), re.MULTILINE))


def starting(profile: str) -> set[str]:
    """Return which services start."""
    return {name for name, it in SERVICES.items() if profile in it["profiles"]}


def test_the_demo_is_a_project_of_its_own() -> None:
    demo = assigned("deploy/demo.env")
    assert demo["COMPOSE_PROJECT_NAME"] != COMPOSE["name"]
    assert demo["COMPOSE_PROFILES"] == "demo"
    assert not any(COMPOSE["volumes"].values()), "a name given there would be the same for both projects"


@pytest.mark.parametrize("profile", ["home", "demo"])
def test_each_of_the_two_ways_starts_a_whole_house(profile: str) -> None:
    started = starting(profile)
    ours = {"home": {"heliopost"}, "demo": {"heliopost-demo", "simulator"}}[profile]
    assert started == ours | {"mosquitto", "homeassistant", "homeassistant-setup", "prometheus", "grafana"}
    for name in started:
        needed = {other for other, link in SERVICES[name].get("depends_on", {}).items() if link.get("required", True)}
        assert needed <= started


def test_the_house_is_what_starts_unless_somebody_says_otherwise() -> None:
    assert assigned(".env.example") == {"COMPOSE_PROFILES": "home"}


def test_what_the_settings_file_offers_is_read_and_the_other_way_round() -> None:
    offered = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    read = set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "docker-compose.yml").read_text()))
    assert offered - {"COMPOSE_PROFILES"} == read


def test_what_asks_for_no_password_can_be_reached_from_this_machine_alone() -> None:
    published = {name: "".join(service.get("ports", [])) for name, service in SERVICES.items()}
    open_to_all = {name for name, port in published.items() if port and ":-127.0.0.1:" not in port}
    assert open_to_all == {"homeassistant", "grafana"}, "both ask for a password"


def test_a_missing_configuration_does_not_become_a_folder() -> None:
    (mount,) = (mount for mount in SERVICES["heliopost"]["volumes"] if isinstance(mount, dict))
    assert mount["bind"] == {"create_host_path": False}
    assert mount["read_only"]


# --- the secrets


def test_the_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "secrets.sh"
    script.parent.mkdir()
    script.write_text((ROOT / "deploy" / "secrets.sh").read_text())
    script.chmod(0o600)
    (tmp_path / ".env.example").write_text("COMPOSE_PROFILES=home\n")

    def run() -> dict[str, str]:
        subprocess.run(["sh", script], check=True, capture_output=True, cwd="/")
        return {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}

    first = run()
    assert first.keys() == COMPOSE["secrets"].keys()
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", word) for word in first.values())
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()} == {0o644}
    assert stat.S_IMODE(script.stat().st_mode) & 0o044 == 0o044, "the containers' users read what is in deploy"
    assert (tmp_path / ".env").read_text() == "COMPOSE_PROFILES=home\n"
    (tmp_path / ".env").write_text("COMPOSE_PROFILES=bridge\n")
    (tmp_path / "secrets" / "web_token").unlink()
    second = run()
    assert second.keys() == first.keys()
    assert {name for name in first if first[name] != second[name]} == {"web_token"}
    assert (tmp_path / ".env").read_text() == "COMPOSE_PROFILES=bridge\n", "it is the owner's"


def test_git_never_meets_what_the_manual_lets_the_owner_change() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/config.yaml", "/.env", "/secrets/", "/deploy/mosquitto/own.acl"} <= {*ignored}
    tracked = subprocess.run(["git", "ls-files", ".env"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert tracked.stdout == ""


def test_no_secret_can_get_into_git_or_the_image() -> None:
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    environments = [str(service.get("environment", {})) for service in SERVICES.values()]
    given = re.findall(r"PASSWORD': '([^']*)'", "".join(environments))
    assert given == [PASSWORD], "only the simulator's is no secret"


# --- the broker


def rights(user: str) -> set[str]:
    """Return the lines of an access list that are about a user."""
    text = re.sub(r"^#.*\n|^\n", "", (BROKER / "acl").read_text(), flags=re.MULTILINE)
    (lines,) = re.findall(rf"^user {user}\n((?:topic .*\n)+)", text, re.MULTILINE)
    return set(lines.splitlines())


def test_home_assistant_may_do_what_the_contract_says() -> None:
    topics = Topics()
    assert rights("homeassistant") == {
        "topic read heliopost/#",
        "topic read homeassistant/#",
        f"topic write {topics.birth}",
        f"topic write {topics.config('+')}",
        f"topic write {topics.setting('+', '+')}",
        f"topic write {topics.request('#')}",
    }


def test_the_bridge_may_do_what_is_its_own() -> None:
    topics = Topics()
    assert rights("heliopost") == {
        "topic readwrite heliopost/#",
        f"topic readwrite {topics.config('+')}",
        f"topic readwrite {topics.single_config('+', '+', '+')}",
        f"topic read {topics.birth}",
    }


def test_the_broker_s_limits_fit_the_bridge_s() -> None:
    conf = dict(
        line.split(" ", 1) for line in (BROKER / "mosquitto.conf").read_text().splitlines() if line and line[0] != "#"
    )
    settings = MqttSettings(host="mosquitto")
    assert conf["set_tcp_nodelay"] == conf["persistence"] == conf["per_listener_settings"] == "true"
    assert int(conf["max_packet_size"]) > settings.max_packet
    assert int(conf["max_inflight_messages"]) >= settings.inflight
    assert int(conf["max_queued_messages"]) > 4 * 1000


@pytest.mark.parametrize("script", ["deploy/secrets.sh", "deploy/mosquitto/start.sh"])
def test_a_script_is_good_for_any_shell(script: str) -> None:
    assert (ROOT / script).read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", ROOT / script], check=True)
