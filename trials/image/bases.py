"""Stand-ins for the images that only a registry has: Debian's programs, by the names that the compose file gives.

Each is built once, and again when its recipe below changes.
"""

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from trials.homeassistant import releases
from trials.image.engine import Engine, labels, tag
from trials.image.machine import CACHE, ROOT, Unavailable, fetch, run, say

DEBIAN: Final = "trixie"
"""The release that the pinned base is made of."""
_PACKAGES: Final = ("ca-certificates", "netbase", "tzdata", "python3", "python3-venv", "python3-pip")
_BASE: Final = """\
FROM scratch
ADD root.tar /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]
"""
_BROKER: Final = """\
FROM {base}
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends mosquitto mosquitto-clients >/dev/null \\
    && groupmod --gid 1883 mosquitto && usermod --uid 1883 mosquitto \\
    && install -d -o mosquitto -g mosquitto /mosquitto /mosquitto/config /mosquitto/data /mosquitto/log
VOLUME ["/mosquitto/data", "/mosquitto/log"]
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
"""
_PROMETHEUS: Final = """\
FROM {base}
COPY prometheus promtool /bin/
RUN install -d -o nobody -g nogroup /prometheus
USER nobody
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
"""
_GRAFANA: Final = """\
FROM {base}
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends wget >/dev/null \\
    && useradd --uid 472 --gid 0 grafana && install -d -o grafana -g 0 /var/lib/grafana
COPY grafana.py /
USER 472
ENTRYPOINT ["python", "/grafana.py"]
"""
_HOME: Final = "/opt/homeassistant/bin/python"
"""Home Assistant's Python (trials/homeassistant/releases.py)."""
_HOME_ASSISTANT: Final = (
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    f'ENTRYPOINT ["{_HOME}", "-m", "homeassistant", "--config", "/config", "--skip-pip"]',
)
_NOT_NEEDED: Final = ("proc/*", "dev/*", "usr/include", "usr/lib/gcc", "usr/libexec", "usr/share/doc", "var/cache")
_CURL: Final = f"""\
#!{_HOME}
import sys, urllib.request
urllib.request.urlopen(sys.argv[-1], timeout=10)
"""
"""The real image has curl, for the health check."""


def pinned(service: str) -> str:
    """Return the image that the compose file names for a service."""
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return str(compose["services"][service]["image"])


def base_name() -> str:
    """Return the base that the Dockerfile is pinned to."""
    (name,) = re.findall(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if not str(name).endswith(DEBIAN):
        msg = (
            f"the Dockerfile's base {name} is not made of Debian {DEBIAN}; give trials/image/bases.py the other release"
        )
        raise Unavailable(msg)
    return str(name)


def _mark(recipe: str) -> str:
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def _ready(engine: Engine, name: str, recipe: str) -> str | None:
    """Return a stand-in's full name if it is there, made after the same recipe."""
    full = tag(name)
    return full if engine.exists(full) and labels(engine.image(full)).get("recipe") == _mark(recipe) else None


def _made(engine: Engine, name: str, recipe: str, fill: Callable[[Path], None]) -> str:
    """Build a stand-in unless it is there already, made after the same recipe; return its full name."""
    if full := _ready(engine, name, recipe):
        return full
    say(f"making a stand-in for {name} (once)")
    folder = CACHE / "context"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        (folder / "Dockerfile").write_text(recipe)
        fill(folder)
        engine.build(tag(name), folder, "--label", f"recipe={_mark(recipe)}")
    finally:
        shutil.rmtree(folder)
    return tag(name)


def _bootstrap(folder: Path) -> None:
    """Make a small Debian with its own Python, as bare as the pinned base is."""
    root = folder / "root"
    try:
        run(
            ["unshare", "--mount", "debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", DEBIAN, root]
        )
    except RuntimeError as error:
        msg = f"debootstrap could not make a Debian {DEBIAN}: {error}"
        raise Unavailable(msg) from error
    for left in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(root / left)
        (root / left / "partial").mkdir(parents=True)
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
    for compiled in (root / "usr/lib/python3.13").rglob("__pycache__"):  # the pinned base has none either
        shutil.rmtree(compiled)
    run(["tar", "-C", root, "-cf", folder / "root.tar", "."])
    shutil.rmtree(root)


def python(engine: Engine) -> str:
    """Return the stand-in for the Dockerfile's base: Debian with Debian's own Python."""
    return _made(engine, base_name(), f"{_BASE}# {DEBIAN} {_PACKAGES}", _bootstrap)


def broker(engine: Engine) -> str:
    """Return the stand-in for the broker: Debian's mosquitto, with the user of the real image."""
    return _made(engine, pinned("mosquitto"), _BROKER.format(base=python(engine)), lambda _: None)


def prometheus(engine: Engine) -> str:
    """Return the stand-in for Prometheus: the newest that Debian has, with the user of the real image."""

    def fill(folder: Path) -> None:
        for name in ("prometheus", "promtool"):
            shutil.copy(fetch(name) / "usr/bin" / name, folder)

    return _made(engine, pinned("prometheus"), _PROMETHEUS.format(base=python(engine)), fill)


def grafana(engine: Engine) -> str:
    """Return the stand-in for Grafana: a server that looks at all it was given, and says whether that is good."""
    script = (Path(__file__).parent / "grafana_stand_in.py").read_text()
    recipe = _GRAFANA.format(base=python(engine)) + "".join(f"# {line}\n" for line in script.splitlines())

    def fill(folder: Path) -> None:
        (folder / "grafana.py").write_text(script)

    return _made(engine, pinned("grafana"), recipe, fill)


def home_assistant(engine: Engine) -> str:
    """Return the stand-in for Home Assistant's image: the same release itself, in a Debian instead of an Alpine.

    Raises Unavailable where this release cannot be had.
    """
    name = pinned("homeassistant")
    version = name.rpartition(":")[2]
    recipe = " ".join((version, *_HOME_ASSISTANT, *_NOT_NEEDED, _CURL))
    if full := _ready(engine, name, recipe):
        return full
    try:
        release = releases.install(version)
    except (KeyError, releases.Unavailable) as error:
        msg = f"Home Assistant {version} cannot be had: {error}"
        raise Unavailable(msg) from error
    say(f"making a stand-in for {name} (once)")
    extra, archive = CACHE / "extra", CACHE / "homeassistant.tar"
    curl = extra / "usr/local/bin/curl"
    curl.parent.mkdir(parents=True, exist_ok=True)
    curl.write_text(_CURL)
    curl.chmod(0o755)
    changes = [word for change in (*_HOME_ASSISTANT, f"LABEL recipe={_mark(recipe)}") for word in ("--change", change)]
    try:
        left_out = [f"--exclude=./{place}" for place in _NOT_NEEDED]
        run(["tar", *left_out, "-cf", archive, "-C", release.root, ".", "-C", extra, "./usr/local/bin/curl"])
        engine.podman("import", "--quiet", *changes, archive, tag(name), limit=600)
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(extra)
    return tag(name)
