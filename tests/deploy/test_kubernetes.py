"""The Kubernetes manifests: what they ask for suits the program, and holds to the strictest security standard.

Their schemas are checked in trials/platforms, with a package that is too large for every test run.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from app.config import load
from app.errors import ConfigError
from app.web import OPEN
from tests.deploy.addon import ROOT

FOLDER: Final = ROOT / "deploy" / "kubernetes"


def manifest(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))


@pytest.fixture
def pod() -> dict[str, Any]:
    return dict(manifest("deployment")["spec"]["template"]["spec"])


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    return dict(found)


def test_there_is_never_a_second_bridge_with_the_same_state() -> None:
    spec = manifest("deployment")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    assert manifest("volume")["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_the_pod_holds_to_the_restricted_standard(pod: dict[str, Any], container: dict[str, Any]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, which the namespace enforces."""
    labels = manifest("namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert pod["automountServiceAccountToken"] is False


def test_the_user_is_the_images(pod: dict[str, Any]) -> None:
    (user,) = re.findall(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
    context = pod["securityContext"]
    assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {int(user)}


def test_only_the_group_may_read_the_secret(pod: dict[str, Any]) -> None:
    (config,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert config["defaultMode"] == 0o440


def test_what_must_be_written_is_on_a_volume(pod: dict[str, Any], container: dict[str, Any]) -> None:
    places = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert places == {"/config": "config", "/data": "data", "/tmp": "tmp"}  # noqa: S108 - the container's own
    assert {volume["name"] for volume in pod["volumes"]} == set(places.values())
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] == "data"]
    assert claims == [manifest("volume")["metadata"]["name"]]


def mounted(folder: Path) -> Path:
    """Lay out the example secret as the kubelet does: every file a link into a folder that can be exchanged."""
    (folder / "..2026").mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    for name, text in manifest("secret.example")["stringData"].items():
        (folder / "..2026" / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def environment(container: dict[str, Any], config: Path) -> dict[str, str]:
    """Return the container's variables, with another place for the secret."""
    return {one["name"]: re.sub("^/config", str(config), one["value"]) for one in container["env"]}


def test_the_program_accepts_the_mounted_secret(container: dict[str, Any], tmp_path: Path) -> None:
    own = ("accounts.home.username=demo", "accounts.home.password=s3cret-Zq7")  # the example's are refused
    config = load(environ=environment(container, mounted(tmp_path / "config")), overrides=own)
    assert str(config.state) == "/data"
    assert config.web.host == "0.0.0.0"  # noqa: S104 - nothing is bound here
    assert config.web.port == container["ports"][0]["containerPort"]
    assert config.web.token is not None
    assert config.web.token.get_secret_value() == manifest("secret.example")["stringData"]["web_token"]


def test_the_variables_of_a_service_would_stop_the_program_so_there_are_none(
    pod: dict[str, Any], container: dict[str, Any], tmp_path: Path
) -> None:
    """https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables."""
    service = manifest("service")["metadata"]["name"].upper()
    variables = environment(container, mounted(tmp_path / "config"))
    with pytest.raises(ConfigError, match=f"{service}_PORT"):
        load(environ=variables | {f"{service}_PORT": "tcp://10.0.0.1:9876", f"{service}_SERVICE_HOST": "10.0.0.1"})
    assert pod["enableServiceLinks"] is False


def test_the_probes_ask_what_needs_no_token(container: dict[str, Any]) -> None:
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {probe["path"] for probe in probes.values()} == OPEN
    assert {probe["port"] for probe in probes.values()} == {container["ports"][0]["name"]}
    # A vendor or a broker that is away must not restart the bridge.
    assert probes["livenessProbe"]["path"] == probes["startupProbe"]["path"] == "/livez"


def test_service_monitor_and_policy_mean_the_same_pod(container: dict[str, Any]) -> None:
    labels = manifest("deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("deployment")["spec"]["selector"]["matchLabels"] == labels
    service, monitor, policy = manifest("service"), manifest("service-monitor"), manifest("network-policy")
    assert service["spec"]["selector"] == policy["spec"]["podSelector"]["matchLabels"] == labels
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (port,) = service["spec"]["ports"]
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] == port["name"]
    assert port["targetPort"] == container["ports"][0]["name"]
    (rule,) = policy["spec"]["ingress"]
    assert [one["port"] for one in rule["ports"]] == [container["ports"][0]["name"]]


def test_prometheus_shows_the_token_of_the_secret(pod: dict[str, Any]) -> None:
    (endpoint,) = manifest("service-monitor")["spec"]["endpoints"]
    shown, secret = endpoint["authorization"]["credentials"], manifest("secret.example")
    assert shown["name"] == secret["metadata"]["name"]
    assert shown["key"] in secret["stringData"]
    assert [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume] == [shown["name"]]


def test_the_image_is_the_programs_version(container: dict[str, Any]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    (image,) = manifest("kustomization")["images"]
    assert container["image"] == f"{image['name']}:{version}"
    assert image["newTag"] == version


def test_kustomize_takes_everything_but_the_example_and_what_needs_an_operator() -> None:
    files = {file.name for file in FOLDER.glob("*.yaml")}
    aside = {"kustomization.yaml", "secret.example.yaml", "service-monitor.yaml"}
    assert set(manifest("kustomization")["resources"]) == files - aside
