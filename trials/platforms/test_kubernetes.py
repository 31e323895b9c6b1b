"""The Kubernetes manifests against the schemas of every release that the pinned package knows."""

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from trials.platforms import schemas

pytestmark = pytest.mark.timeout(900)  # the first run fetches the schemas

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "kubernetes"


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    files = (file for file in sorted(FOLDER.glob("*.yaml")) if file.name != "kustomization.yaml")
    return [dict(yaml.safe_load(file.read_text())) for file in files]


def faults(resources: list[dict[str, Any]], *versions: str) -> list[tuple[str, str, str]]:
    try:
        return schemas.faults(resources, versions)[1]
    except schemas.Unavailable as error:
        pytest.skip(str(error))


def test_every_manifest_fits_every_release(manifests: list[dict[str, Any]]) -> None:
    kinds = {manifest["kind"] for manifest in manifests}
    assert kinds == {
        "Deployment",
        "Namespace",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Secret",
        "Service",
        "ServiceMonitor",
    }
    assert faults(manifests) == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "replicas"), "one"),
        ("Deployment", ("spec", "template", "spec", "enableServiceLink"), False),
        ("Deployment", ("spec", "template", "spec", "securityContext", "runAsUser"), "1000"),
        ("NetworkPolicy", ("spec", "ingres"), []),
        ("ServiceMonitor", ("spec", "endpoints"), [{"port": "http", "bearerToken": "x"}]),
        ("ServiceMonitor", ("spec", "endpoints"), [{"port": "http", "interval": "30 seconds"}]),
    ],
)
def test_a_slip_would_be_found(manifests: list[dict[str, Any]], kind: str, path: tuple[str, ...], value: Any) -> None:
    (broken,) = (copy.deepcopy(manifest) for manifest in manifests if manifest["kind"] == kind)
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (fault,) = faults([broken], "1.34.0")
    assert fault[0] == kind


def test_what_kustomize_makes_fits_too() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed (1.22 or newer; Debian 12 has an older one): kustomize was not tried")
    made = subprocess.run([kubectl, "kustomize", FOLDER], capture_output=True, text=True, check=True).stdout
    resources = [dict(document) for document in yaml.safe_load_all(made)]
    assert faults(resources) == []
    spaces = {resource["metadata"].get("namespace") for resource in resources if resource["kind"] != "Namespace"}
    assert spaces == {"heliopost"}


def test_the_pod_for_a_restore_is_the_same_but_for_the_bridge_in_it() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed (1.22 or newer; Debian 12 has an older one): kustomize was not tried")

    def made(folder: Path) -> list[dict[str, Any]]:
        said = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=True).stdout
        return [dict(document) for document in yaml.safe_load_all(said)]

    usual, restore = made(FOLDER), made(FOLDER.with_name("kubernetes-restore"))
    assert faults(restore) == []
    (before,), (after,) = (
        [one["spec"]["template"]["spec"]["containers"][0] for one in each if one["kind"] == "Deployment"]
        for each in (usual, restore)
    )
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == {"command", "startupProbe", "livenessProbe", "readinessProbe"}
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & after.keys(), "nothing answers them"
    after.clear()
    before.clear()
    assert usual == restore
