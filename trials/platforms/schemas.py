"""Checks manifests against the schemas of Kubernetes, which a package carries that is installed below .cache."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "platforms"
_ASK: Final = """
import json, sys
import jsonschema, kubernetes_validate
given = json.load(sys.stdin)
said = []
for resource in given["resources"]:
    for version in given["versions"] or sorted(set(kubernetes_validate.utils.all_versions())):
        try:
            if resource["kind"] == given["own"]:
                jsonschema.Draft202012Validator(given["schema"]).validate(resource)
            else:
                kubernetes_validate.validate(resource, version, strict=True)
        except jsonschema.ValidationError as error:
            place = ".".join(map(str, error.absolute_path))
            said.append([resource["kind"], version, f"{place}: {error.message}"])
print(json.dumps([sorted(set(kubernetes_validate.utils.all_versions())), said]))
"""


class Unavailable(Exception):
    """The schemas cannot be had on this machine; the text says why."""


def _python() -> Path:
    """Return an interpreter that has the package; install it where it is not there yet."""
    wanted = HERE / "requirements.txt"
    folder = CACHE / f"schemas-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement"]
        for words in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), *install, str(wanted)],
        ):
            ran = subprocess.run(words, capture_output=True, text=True, check=False)
            if ran.returncode != 0:
                msg = f"the schemas of Kubernetes cannot be installed: {ran.stderr[-500:]}"
                raise Unavailable(msg)
        done.touch()
    return python


def faults(
    resources: Sequence[Mapping[str, Any]], versions: Sequence[str] = ()
) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Return the versions of Kubernetes that are known, and what is wrong: (kind, version, where and what).

    Checked against all known versions, unless some are named; a key that a version does not know is wrong.
    """
    given = {
        "resources": resources,
        "versions": versions,
        "own": "ServiceMonitor",
        "schema": json.loads((HERE / "servicemonitor.schema.json").read_text()),
    }
    ran = subprocess.run([_python(), "-c", _ASK], input=json.dumps(given), capture_output=True, text=True, check=True)
    known, said = json.loads(ran.stdout)
    return known, [(kind, version, what) for kind, version, what in said]
