"""Our image under what the Deployment asks of a cluster: user, rights, volumes, variables, probes."""

import json
import os
import re
import shutil
import subprocess
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
PAGE: Final = (ROOT / "docs" / "install" / "kubernetes.md").read_text()
KUBECTL: Final = """\
#!/bin/sh
# Stands in for kubectl: exec goes to the pod that stands in, and all else is written down.
case "$*" in
"--namespace heliopost exec --stdin deployment/heliopost -- "*) shift 6; exec podman exec --interactive "$POD" "$@" ;;
"--namespace heliopost exec deployment/heliopost -- "*) shift 5; exec podman exec "$POD" "$@" ;;
*) echo "kubectl $*" ;;
esac
"""
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
        self.files: dict[str, str] = {}
        self.spec: dict[str, Any] = manifest("deployment")["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        self.user = self.spec["securityContext"]["runAsUser"]
        self.group = self.spec["securityContext"]["fsGroup"]

    def words(self, files: dict[str, str]) -> list[str]:
        """Return how the pod is started; each start has a secret of its own and the claim that is there."""
        self.files = files
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
                secret = laid_out(
                    self.folder / f"secret-{len(list(self.folder.glob('secret-*')))}",
                    files,
                    kind["secret"]["defaultMode"],
                    self.group,
                )
                yield f"--volume={secret}:{place}:ro"
            elif "emptyDir" in kind:
                yield f"--tmpfs={place}:size={kind['emptyDir']['sizeLimit'].removesuffix('i')}"
            else:
                claim = self.folder / "claim"
                claim.mkdir(exist_ok=True)
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


def typed(engine: Engine, pod: Container, folder: Path, lines: list[str]) -> list[str]:
    """Type lines of the page with the stand-in for kubectl; return what was said."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "kubectl").write_text(KUBECTL)
    (programs / "kubectl").chmod(0o755)
    env = {**os.environ, **engine.env, "PATH": f"{programs}:{os.environ['PATH']}", "POD": pod.name}
    words = ["sh", "-ec", "\n".join(lines)]
    done = subprocess.run(words, cwd=folder, env=env, stdout=-1, stderr=-2, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_a_backup_goes_back_through_a_pod_without_the_bridge(
    engine: Engine, running: tuple[Pod, Container], tmp_path: Path
) -> None:
    backup, restore = (
        next(block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if words in block).splitlines()
        for words in ("heliopost backup", "heliopost restore")
    )
    pod, container = running
    until(partial(pod.probe, "readinessProbe"), "the bridge")
    for _ in range(2):  # a backup is made again and again
        typed(engine, container, tmp_path, backup)
    assert (tmp_path / "heliopost.backup").stat().st_mode & 0o777 == 0o600
    engine.podman("stop", "--time", "15", container.name)
    shutil.rmtree(pod.folder / "claim")
    patch = yaml.safe_load((ROOT / "deploy" / "kubernetes-restore" / "kustomization.yaml").read_text())["patches"][0]
    (waits,) = yaml.safe_load(patch["patch"])["spec"]["template"]["spec"]["containers"]
    *words, image = pod.words(pod.files)
    with engine.container(*words, f"--entrypoint={json.dumps(waits['command'])}", image) as waiting:
        said = typed(engine, waiting, tmp_path, restore)
        assert said[0] == "kubectl apply -k deploy/kubernetes-restore"
        assert said[-1] == "kubectl apply -k deploy/kubernetes"
        assert any(line.startswith("The state of installation") for line in said), said
        engine.podman("stop", "--time", "15", waiting.name)
        assert waiting.ended() == 0, "told to end, it does so at once"
    assert (pod.folder / "claim" / "heliopost.db").exists()
