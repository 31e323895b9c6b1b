"""Real releases of Home Assistant, installed once below .cache/, ready to be started without a network.

`python -m trials.homeassistant.releases` installs both: OLD in a virtual environment, NEW in a small Debian of its own,
because that release wants a Python that Debian 12 does not have; it needs root. The trials use what it has left there.

It exits with 1 if an installation fails. Only a machine that cannot have a release at all does without it, and NEW also
when Debian's suite has moved away from what it wants; `make test-ha` says so again at its end.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OLD: Final = "2025.4.4"
"""The oldest release that Heliopost supports, with its last mends. It runs on Python 3.13."""
NEW: Final = "2026.11.0"
"""The newest release. It runs on Python 3.14."""

CACHE: Final = Path(__file__).parents[2] / ".cache" / "homeassistant"
_INSTALLER: Final = "uv==0.13.8"
_SUITE: Final = "sid"
_PACKAGES: Final = ("ca-certificates", "python3", "python3-venv", "python3-dev", "g++", "ffmpeg", "libturbojpeg0")
_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
_RECIPE: Final = "1"
"""Raise it when what is installed below changes: everything is then made anew."""

_REQUIREMENTS: Final = """
import importlib.util, json, pathlib
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS, LOGGING_AND_HTTP_DEPS_INTEGRATIONS

parts = pathlib.Path(importlib.util.find_spec("homeassistant").origin).parent / "components"
ours = {"mqtt", "recorder", "history", "logbook", "energy", "frontend", "config", "system_log", "repairs", "hassio"}
left = {*CORE_INTEGRATIONS, *DEFAULT_INTEGRATIONS, *LOGGING_AND_HTTP_DEPS_INTEGRATIONS, *ours} - {"sentry"}
left |= {file.stem for file in (parts / "mqtt").glob("*.py") if (parts / file.stem).is_dir()}
seen, wanted = set(), set()
while left:
    seen.add(part := left.pop())
    manifest = json.loads((parts / part / "manifest.json").read_text())
    wanted.update(manifest.get("requirements", ()))
    left |= set(manifest.get("dependencies", ())) - seen
print(*sorted(wanted), sep="\\n")
"""
"""What the integrations that are used want, from their manifests. Home Assistant would fetch it at its first start."""


class Unavailable(Exception):
    """This release cannot be had on this machine; the text says why, and what to do."""


class Moved(Unavailable):
    """The suite of Debian that a release is installed in, which changes every day, suits it no longer."""


class InstallationError(Exception):
    """An installation that should have worked has not; the text is what the program said."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is installed."""

    version: str
    command: tuple[str, ...]
    """Its Python interpreter, as the first words of a command. It becomes the process itself: a signal reaches it."""
    root: Path
    """The root folder that its processes see. What they are to read or write must be below it."""

    def inside(self, path: Path) -> str:
        """Return a path as the release's processes see it.

        Raises:
            ValueError: The path is not below `root`.
        """
        return "/" + path.absolute().relative_to(self.root).as_posix()


def install(version: str) -> Release:
    """Return a release, installing it if need be (half a minute to three; seconds if it is there).

    Raises:
        Unavailable: This machine cannot have it.
        InstallationError: It should have it, but an installation has failed.
    """
    with _alone(version):
        place, reason = CACHE / version, _reason(version)
        reason.unlink(missing_ok=True)
        if not _is_ready(version):
            _stamp(version).unlink(missing_ok=True)
            _remove(place)
            _say(f"installing Home Assistant {version} below {CACHE} (once)")
            try:
                RECIPES[version][0](version, place)
            except Unavailable as why:
                reason.write_text(str(why))
                raise
            _stamp(version).write_text(_state(version))
    return installed(version)


def installed(version: str) -> Release:
    """Return a release that `install` has left here.

    Raises:
        Unavailable: `install` has found that this machine cannot have it.
        InstallationError: It has not been installed.
    """
    if _is_ready(version):
        return RECIPES[version][1](version, CACHE / version)
    if _reason(version).exists():
        raise Unavailable(_reason(version).read_text())
    msg = f"Home Assistant {version} is not installed; type: {sys.executable} -m trials.homeassistant.releases"
    raise InstallationError(msg)


def _stamp(version: str) -> Path:
    return CACHE / f"{version}.ready"


def _reason(version: str) -> Path:
    return CACHE / f"{version}.unavailable"


def _state(version: str) -> str:
    return f"{_RECIPE} {CACHE / version}"


def _is_ready(version: str) -> bool:
    return _stamp(version).exists() and _stamp(version).read_text() == _state(version)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _alone(version: str) -> Iterator[None]:
    """Let one process install at a time; the lock ends with the process, however that ends."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(place: Path) -> None:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    if below := [mount for mount in mounts if Path(mount).is_relative_to(place)]:
        msg = f"{below[0]} is mounted, and must not be removed with the old installation; type: umount {below[0]}"
        raise InstallationError(msg)
    if place.exists():
        shutil.rmtree(place)


def _environment(keep: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return this process's environment without what would lead another interpreter astray."""
    ours = ("PYTHON", "PYENV", "UV_", "VIRTUAL_ENV", "PIP_FIND_LINKS")
    return {name: value for name, value in keep.items() if not name.startswith(ours)}


def run(words: Sequence[str], why: str) -> str:
    """Run a program to its end, and return what it said; `why` begins the sentence if that is an InstallationError."""
    _say(f"  {' '.join(words)[:160].partition(chr(10))[0]}")
    done = subprocess.run(words, env=_environment(), capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        msg = f"{why}: {' '.join(words[:6])} ... ended with {done.returncode}:\n{(done.stderr or done.stdout)[-1500:]}"
        raise InstallationError(msg)
    return done.stdout


def _fill(version: str, python: Sequence[str], folder: Path, seen: str) -> None:
    """Install all that it would fetch later. `folder` is python's environment, which it sees at `seen`."""
    why = f"Home Assistant {version} could not be installed"
    run([*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _INSTALLER], why)

    def add(*words: str) -> None:
        try:
            run(
                [
                    *python,
                    "-m",
                    "uv",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-cache",
                    "--python",
                    f"{seen}/bin/python",
                    *words,
                ],
                why,
            )
        except (
            InstallationError
        ):  # uv does not read pip's own configuration, which may name the only index that is reached
            run([*python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *words], why)

    add(f"homeassistant=={version}")
    wanted = folder / "wanted.txt"
    wanted.write_text(run([*python, "-c", _REQUIREMENTS], why))
    limits = next(folder.glob("lib/python3*/site-packages/homeassistant/package_constraints.txt"))
    add("--requirement", f"{seen}/wanted.txt", "--constraint", f"{seen}/{limits.relative_to(folder)}")
    told = run([*python, "-c", "import homeassistant.const as it; print(it.__version__)"], why).strip()
    if told != version:
        msg = f"{why}: {told!r} is there instead"
        raise InstallationError(msg)


# --- a release in a virtual environment


def _python313() -> str:
    """Return a Python 3.13 that works; a shim of pyenv on the PATH may not."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    homes = sorted(pyenv.glob("versions/3.13*/bin/python3.13"), reverse=True)
    for candidate in (*map(str, homes), shutil.which("python3.13"), "/usr/bin/python3.13"):
        if candidate is not None:
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                asked = [candidate, "-c", "import ensurepip, sys, venv; print(sys.version_info[:2] == (3, 13))"]
                if subprocess.run(asked, env=_environment(), capture_output=True, check=True).stdout == b"True\n":
                    return candidate
    msg = f"Home Assistant {OLD} needs Python 3.13 with venv, which is not on this machine (python3.13 on the PATH)"
    raise Unavailable(msg)


def _make_environment(version: str, place: Path) -> None:
    run([_python313(), "-m", "venv", str(place)], "no virtual environment")
    _fill(version, _interpreter(str(place)), place, str(place))


def _interpreter(environment: str) -> tuple[str, ...]:
    """Return the interpreter of an environment; it may keep bytecode, which halves the time to start."""
    return ("/usr/bin/env", "-u", "PYTHONDONTWRITEBYTECODE", "-u", "PYTHONPATH", f"{environment}/bin/python")


def _environment_release(version: str, place: Path) -> Release:
    return Release(version, _interpreter(str(place)), Path("/"))


# --- a release in a root folder of its own

_HOME: Final = "/opt/homeassistant"
_ITS_PYTHON: Final = "3.14"
_MIRROR_AWAY: Final = ("Failed getting release file", "Failed getting release signature file")
"""How debootstrap says that it cannot reach the mirror at all (/usr/share/debootstrap/functions)."""


def _make_root(version: str, place: Path) -> None:
    if os.geteuid() != 0:
        msg = f"Home Assistant {version} needs a Debian of its own, which only root can make"
        raise Unavailable(msg)
    debootstrap = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if debootstrap is None:
        msg = f"Home Assistant {version} needs a Debian of its own; type: apt-get install -y debootstrap"
        raise Unavailable(msg)
    if subprocess.run(("unshare", "--mount", "true"), capture_output=True, check=False).returncode:
        msg = f"Home Assistant {version} needs a Debian of its own, and root may not mount here (a closed container)"
        raise Unavailable(msg)
    bootstrap(debootstrap, place)
    for name in ("etc/resolv.conf", "etc/hosts", _CERTIFICATES):
        source = os.environ.get("SSL_CERT_FILE", f"/{name}") if name == _CERTIFICATES else f"/{name}"
        shutil.copyfile(source, place / name)
    python = (*_root_release(version, place).command[:-1], "/usr/bin/python3")
    told = run([*python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], "Debian's Python fails").strip()
    if told != _ITS_PYTHON:
        msg = f"Home Assistant {version} runs on Python {_ITS_PYTHON}; Debian {_SUITE} has {told} now"
        raise Moved(msg)
    run([*python, "-m", "venv", _HOME], "no virtual environment")
    _fill(version, _root_release(version, place).command, place / _HOME[1:], _HOME)
    shutil.rmtree(place / "var/cache/apt/archives", ignore_errors=True)


def bootstrap(debootstrap: str, place: Path) -> None:
    """Make a bare Debian; packages that do not fit together are the suite's fault, a mirror that is away is not."""
    bare = ("--variant=minbase", f"--include={','.join(_PACKAGES)}", _SUITE)
    # what it mounts meanwhile goes with it, even if it is killed
    try:
        run(["unshare", "--mount", debootstrap, *bare, str(place)], "a Debian root folder could not be made")
    except InstallationError as error:
        if any(word in str(error) for word in _MIRROR_AWAY):
            raise
        raise Moved(str(error)) from None


def _root_release(version: str, place: Path) -> Release:
    """Return the release in a root. Its /proc is mounted for its processes alone: nothing is left to unmount."""
    certificates = [f"{name}=/{_CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")]
    inner = (
        *_interpreter(_HOME)[:-1],
        "HOME=/root",
        "LC_ALL=C.UTF-8",
        "PATH=/usr/local/bin:/usr/bin:/bin",
        *certificates,
    )
    enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    command = ("unshare", "--mount", "sh", "-c", enter, str(place), *inner, f"{_HOME}/bin/python")
    return Release(version, command, place)


RECIPES: Final = {OLD: (_make_environment, _environment_release), NEW: (_make_root, _root_release)}


def main(versions: Sequence[str] = (OLD, NEW)) -> int:
    """Install releases, say what came of it, and return the exit code."""
    came, moved, failed = 0, 0, 0
    for version in versions:
        try:
            install(version)
        except Unavailable as reason:
            moved += isinstance(reason, Moved)
            _say(f"Home Assistant {version} will not be tried: {reason}")
        except InstallationError as reason:
            failed += 1
            _say(f"Home Assistant {version} cannot be tried, and that is a fault: {reason}")
        else:
            came += 1
            _say(f"Home Assistant {version} is installed")
    # A suite that has moved is forgiven only while another release proves something.
    return 1 if failed or (moved and not came) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or (OLD, NEW)))
