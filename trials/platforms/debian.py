"""A small Debian whose systemd is the first process of namespaces of its own; its network is a loopback of its own.

Needs root and debootstrap. Its folder is made once below .cache/ and copied for each machine: nothing is left over.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from trials.platforms.schemas import CACHE

SUITE: Final = "bookworm"
PACKAGES: Final = ("ca-certificates", "dbus", "mosquitto", "procps", "python3-venv", "sudo", "systemd-sysv")
LIMIT: Final = 120.0
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
_BOOT: Final = """
set -e
mount --make-rprivate /
mount --bind . .
cd "$PWD"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
chmod 1777 tmp
for node in null zero full random urandom tty; do touch "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ip link set lo up
mkdir -p .old
pivot_root . .old
# systemd hands out credentials over mounts that spread, as on every real machine
exec chroot . env -i container=unshare PATH="$PATH" sh -c 'umount -l /.old; mount --make-rshared /; exec /sbin/init'
"""


class Unavailable(Exception):
    """There can be no such machine here; the text says why, and what to do."""


def _template() -> Path:
    """Return the folder with a bare Debian; make it where it is not there yet."""
    place = CACHE / f"debian-{SUITE}"
    if (place / "done").exists():
        return place
    if os.geteuid() != 0:
        msg = "only root can start a Debian of its own"
        raise Unavailable(msg)
    debootstrap = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if debootstrap is None:
        msg = "a Debian of its own needs debootstrap; type: apt-get install -y debootstrap"
        raise Unavailable(msg)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    # what debootstrap mounts meanwhile goes with it, even if it is killed
    words = ["unshare", "--mount", debootstrap, "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE]
    made = subprocess.run([*words, str(place)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        msg = f"debootstrap fails: {made.stdout[-500:]}{made.stderr[-500:]}"
        raise Unavailable(msg)
    for name in ("etc/resolv.conf", "etc/hosts", _CERTIFICATES):
        source = os.environ.get("SSL_CERT_FILE", f"/{name}") if name == _CERTIFICATES else f"/{name}"
        shutil.copyfile(source, place / name)
    shutil.rmtree(place / "var" / "cache" / "apt" / "archives", ignore_errors=True)
    (place / "done").touch()
    return place


class Machine:
    """A Debian that is installed, and runs once it is booted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._init: subprocess.Popen[bytes] | None = None
        self.pid = 0
        """The first process's, as seen from outside."""

    def prepare(self, script: str, folder: str) -> str:
        """Run shell lines in it before it is booted, with this machine's network; return what they said."""
        cached, inside = CACHE / "pip", self.root / "pip-cache"
        for place in (cached, inside):
            place.mkdir(exist_ok=True)
        around = 'mount -t proc proc proc && mount --bind "$1" pip-cache && exec chroot . sh -ec "$0"'
        words = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", around, f"cd {folder}\n{script}", str(cached)]
        certificates = {"SSL_CERT_FILE": f"/{_CERTIFICATES}", "PIP_CERT": f"/{_CERTIFICATES}"}
        cache = {"PIP_CACHE_DIR": "/pip-cache", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        return _ran(words, self.root, {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", **certificates, **cache})

    def boot(self) -> None:
        """Start systemd, and return when it has started everything."""
        spaces = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net"]
        with (self.root.parent / "boot.log").open("wb") as log:
            self._init = subprocess.Popen(
                [*spaces, "sh", "-c", _BOOT], cwd=self.root, env={"PATH": _PATH}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + LIMIT
        while self._state() not in ("running", "degraded"):
            if self._init.poll() is not None or time.monotonic() > deadline:
                msg = f"systemd does not start: {(self.root.parent / 'boot.log').read_text(errors='replace')[-500:]}"
                raise Unavailable(msg)
            time.sleep(0.2)

    def _state(self) -> str:
        assert self._init is not None
        children = Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        if not children:
            return ""
        self.pid = int(children[0])
        if Path(f"/proc/{self.pid}/comm").read_text().strip() != "systemd":
            return ""
        asked = subprocess.run(self._inside("systemctl", "is-system-running"), capture_output=True, check=False)
        return asked.stdout.decode().strip()

    def _inside(self, *words: str) -> list[str]:
        """Return a command that runs in the machine."""
        target = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net"]
        plain = ["env", "-i", f"PATH={_PATH}", "HOME=/root", "LANG=C.UTF-8"]
        return [*target, "--root", *plain, *words]

    def run(self, script: str, folder: str = "/", *, typed: str = "") -> str:
        """Run shell lines in it as root, with something typed; return what they said, or raise with it."""
        return _ran(self._inside("sh", "-ec", f"cd {folder}\n{script}"), Path("/"), os.environ, typed)

    def beside(self, *words: str) -> list[str]:
        """Return a command that runs outside of the machine, but in its network."""
        return ["nsenter", "--target", str(self.pid), "--net", *words]

    def stop(self) -> None:
        """End it, however it is."""
        if self._init is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid or self._init.pid, 9)
            self._init.wait(LIMIT)


def _ran(words: Sequence[str], folder: Path, env: Mapping[str, str], typed: str = "") -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env=dict(env),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode != 0:
        msg = f"ended with {done.returncode}:\n{done.stdout[-3000:]}"
        raise RuntimeError(msg)
    return done.stdout


@contextlib.contextmanager
def machine() -> Iterator[Machine]:
    """A Debian that nobody has used yet; not booted."""
    template = _template()
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="machine-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "root"
        subprocess.run(["cp", "--archive", "--reflink=auto", str(template), str(root)], check=True)
        made = Machine(root)
        try:
            yield made
        finally:
            made.stop()
