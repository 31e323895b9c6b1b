"""Our image under what the Deployment asks of a cluster: user, rights, volumes, variables, probes."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.broker import Mosquitto, free_port
from tests.deploy.addon import ROOT
from tests.deploy.test_kubernetes import manifest
from trials.image.engine import Container, Engine, until
from trials.platforms.conftest import BROKERS, PASSWORD

pytestmark = pytest.mark.timeout(900)  # the first run makes a base for the image

IMAGE: Final = "localhost/heliopost:pod"
TOKEN: Final = "prometheus-shows-this"


def laid_out(folder: Path, files: dict[str, str], mode: int, group: int) -> Path:
    """Write a secret as the kubelet does: root's, of the pod's group, each file a link into a folder of its moment."""
    inner = folder / "..2026"
    inner.mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    for name, text in files.items():
        file = inner / name
        file.write_text(text)
        os.chown(file, 0, group)
        file.chmod(mode)
        (folder / name).symlink_to(f"..data/{name}")
    return folder


class Pod:
    """The Deployment's pod, as words for podman."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.spec: dict[str, Any] = manifest("deployment")["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        self.user = self.spec["securityContext"]["runAsUser"]
        self.group = self.spec["securityContext"]["fsGroup"]

    def words(self, files: dict[str, str]) -> list[str]:
        limits = self.container["resources"]["limits"]["memory"].lower().removesuffix("i")
        rights = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        variables = [f"--env={one['name']}={one['value']}" for one in self.container["env"]]
        around = [f"--user={self.user}:{self.group}", f"--memory={limits}", "--network=host"]
        port = f"--env=HELIOPOST_WEB__PORT={self.port}"  # the machine's other trials use the usual one
        return [*around, *rights, *variables, port, *self.volumes(files), IMAGE]

    def volumes(self, files: dict[str, str]) -> Iterator[str]:
        kinds = {volume["name"]: volume for volume in self.spec["volumes"]}
        for mount in self.container["volumeMounts"]:
            kind, place = kinds[mount["name"]], mount["mountPath"]
            if "secret" in kind:
                secret = laid_out(self.folder / "secret", files, kind["secret"]["defaultMode"], self.group)
                yield f"--volume={secret}:{place}:ro"
            elif "emptyDir" in kind:
                yield f"--tmpfs={place}:size={kind['emptyDir']['sizeLimit'].removesuffix('i')}"
            else:
                claim = self.folder / "claim"
                claim.mkdir()
                os.chown(claim, 0, self.group)
                claim.chmod(0o2775)  # what fsGroup makes of a volume
                yield f"--volume={claim}:{place}"

    def asks(self, path: str, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def probe(self, name: str) -> bool:
        return self.asks(self.container[name]["httpGet"]["path"]) == 200


@pytest.fixture(scope="module")
def engine(podman: Engine) -> Engine:
    podman.build(IMAGE, ROOT)
    return podman


@pytest.fixture
def running(engine: Engine, broker: Mosquitto, cloud: str, tmp_path: Path) -> Iterator[tuple[Pod, Container]]:
    pod = Pod(tmp_path, free_port())
    account = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": cloud}
    mqtt = {"host": broker.host, "port": broker.port, "username": "addons", "password": BROKERS}
    config = yaml.safe_dump({"accounts": {"home": account}, "mqtt": mqtt})
    with engine.container(*pod.words({"config.yaml": config, "web_token": TOKEN})) as container:
        yield pod, container


def test_the_pod_passes_its_probes_and_ends_in_time(engine: Engine, running: tuple[Pod, Container]) -> None:
    pod, container = running
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        until(partial(pod.probe, probe), probe)
    (endpoint,) = manifest("service-monitor")["spec"]["endpoints"]
    assert pod.asks(endpoint["path"]) == 401
    assert pod.asks(endpoint["path"], TOKEN) == 200
    status = container.exec("cat", "/proc/1/status")[1]
    assert f"Uid:\t{pod.user}\t" in status
    assert "CapBnd:\t0000000000000000" in status
    code, said = container.exec("heliopost", "check")
    assert code == 0, said
    assert "account home: works" in said
    assert (pod.folder / "claim" / "heliopost.db").exists()
    engine.podman("stop", "--time", str(pod.spec["terminationGracePeriodSeconds"]), container.name)
    assert container.ended() == 0, container.said()
    assert [secret for secret in (PASSWORD + '"', BROKERS, TOKEN) if secret in container.said()] == []
