"""docs/install/python.md, line by line, on a Debian whose systemd runs the service for real.

The service's sandbox (a user made up at each start, system calls, credentials) is there only where systemd applies it.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from trials.platforms.conftest import BROKERS, PASSWORD
from trials.platforms.debian import LIMIT, Machine, Unavailable, machine

ROOT: Final = Path(__file__).parents[2]
CLONE: Final = "/srv/clone"


pytestmark = pytest.mark.timeout(900)  # the first run makes a Debian

PAGE: Final = (ROOT / "docs" / "install" / "python.md").read_text()


def block(words: str) -> str:
    """Return the page's one block of shell lines that has these words in it."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if words in text)
    return str(found)


INSTALL: Final = block("sudo python3 -m venv /opt/heliopost")
CONFIGURE: Final = block("sudo tee /etc/heliopost/config.yaml")
PASSWORDS: Final = [block("accounts__home__password"), block("mqtt__password")]
CHECK: Final = block("check --offline")
SERVICE: Final = block("systemctl enable --now")
ASK: Final = block("sudo journalctl")
UPGRADE: Final = block("git pull").replace("git pull\n", "")
BACKUP: Final = block("heliopost backup")
RESTORE: Final = block("heliopost restore")
UNINSTALL: Final = block("systemctl disable --now")
AT_HOME: Final = block("python3 -m venv ~/heliopost").splitlines()


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def debian() -> Iterator[Machine]:
    """A machine on which Heliopost is installed, and which is booted, with a simulated cloud in its network."""
    try:
        with machine() as made:
            clone(made.root / CLONE[1:])
            made.prepare(INSTALL, CLONE)
            made.prepare("\n".join(AT_HOME[:3]), CLONE)
            made.boot()
            yield made
    except Unavailable as error:
        pytest.skip(str(error))


def clone(place: Path) -> None:
    """Lay what Git tracks where the owner has cloned it, as it is now."""
    place.mkdir(parents=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    archive = subprocess.run(
        ["tar", "--create", "--null", "--ignore-failed-read", "--files-from=-"],
        cwd=ROOT,
        input=names,
        capture_output=True,
        check=False,
    ).stdout
    subprocess.run(["tar", "--extract"], cwd=place, input=archive, check=True)


@pytest.fixture(scope="module")
def cloud_inside(debian: Machine) -> Iterator[str]:
    """The address of a simulated cloud in the machine's network."""
    words = debian.beside(sys.executable, "-m", "simulator", "growatt", "--fleet", "one")
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["address"])
        process.terminate()


@pytest.fixture(scope="module")
def service(debian: Machine, cloud_inside: str) -> Machine:
    """The machine with Heliopost configured and running, as the page says, but for the cloud's address."""
    configure = CONFIGURE.replace('"your user name"', f'"demo"\n    server_url: {cloud_inside}')
    assert cloud_inside in configure
    debian.run(configure, CLONE)
    for block, password in zip(PASSWORDS, (PASSWORD, BROKERS), strict=True):
        debian.run(block, CLONE, typed=f"{password}\n")
    assert "All well." in debian.run(CHECK, CLONE)
    debian.run(SERVICE, CLONE)
    until(lambda: ready(debian), "the bridge does not get ready")
    return debian


def ready(debian: Machine) -> bool:
    words = debian.beside("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
    asked = subprocess.run([*words, "http://127.0.0.1:9876/readyz"], capture_output=True, text=True, check=False)
    return asked.stdout == "200"


def shown(debian: Machine, *names: str) -> dict[str, str]:
    said = debian.run(f"systemctl show heliopost --property={','.join(names)}")
    return dict(line.split("=", 1) for line in said.splitlines())


def log(debian: Machine) -> str:
    return debian.run("journalctl --unit heliopost --output cat --no-pager")


def test_a_look_at_the_devices_needs_no_service(debian: Machine, cloud_inside: str) -> None:
    activate, copy, check, run = AT_HOME[3:]
    fill_in = f's|your user name"|demo"\\n    server_url: {cloud_inside}|; s|your password|{PASSWORD}|'
    said = debian.run(f"{copy}\n{activate}\nsed -i '{fill_in}' config.yaml\n{check}", CLONE)
    assert "ok      account home: " in said
    assert "All well." in said
    said = debian.run(f"{activate}\ntimeout --preserve-status --signal=INT 8 {run}; rm config.yaml", CLONE)
    assert '"broker_connected"' in said
    assert '"stopped"' in said


def test_the_service_works_as_the_page_says(service: Machine) -> None:
    said = service.run(ASK, CLONE)
    assert "account home: works" in said
    assert "All well." in said
    assert "The bridge runs." in said
    assert "active (running)" in service.run("sudo systemctl status heliopost")


def test_the_process_has_no_rights(service: Machine) -> None:
    pid = shown(service, "MainPID")["MainPID"]
    status = dict(line.split(":\t", 1) for line in service.run(f"cat /proc/{pid}/status").splitlines() if ":\t" in line)
    assert int(status["Uid"].split()[0]) >= 61184, "the users that systemd makes up (systemd.exec(5), DynamicUser=)"
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_the_state_is_where_only_the_service_can_read_it(service: Machine) -> None:
    assert "700" in service.run("stat --format %a /var/lib/private/heliopost")
    assert "heliopost.db" in service.run("ls /var/lib/private/heliopost")
    assert service.run(BACKUP).startswith("The state is in heliopost.backup")
    assert "600" in service.run("stat --format %a /root/heliopost.backup")


def test_a_command_by_hand_is_the_services_user_and_knows_what_it_knows(service: Machine) -> None:
    others = "find /var/lib/private/heliopost -not -user $(stat --format %u /var/lib/private/heliopost)"
    assert "MIN 6000TL-XH" in service.run("heliopost devices", CLONE)
    assert "values flow" in service.run("heliopost healthcheck", CLONE)
    assert service.run(others) == "", "what the service could not open any more"
    with pytest.raises(RuntimeError, match="ended with 2"):
        service.run("heliopost no-such-command")


@pytest.mark.parametrize("page", ["upgrading", "troubleshooting"])
def test_what_other_pages_say_of_the_command_holds_here(service: Machine, page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    lines = re.findall(r"^heliopost (?:version|check|devices|healthcheck|backup)\b[^#\n]*", text, re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        assert "FAILED" not in service.run(line)


def test_a_backup_is_put_back(service: Machine) -> None:
    for _ in range(2):  # a backup is made again and again
        service.run(BACKUP)
    service.run(RESTORE)
    until(lambda: ready(service), "it does not work after the restore")
    assert "heliopost.db.before-restore" in service.run("ls /var/lib/private/heliopost")
    assert "account home: works" in service.run(ASK, CLONE)


def test_reload_reads_the_configuration_anew(service: Machine) -> None:
    service.run("systemctl reload heliopost")
    until(lambda: '"reloaded"' in log(service), "no reload")


def test_a_crash_is_followed_by_a_new_start(service: Machine) -> None:
    before = shown(service, "MainPID")["MainPID"]
    service.run("systemctl kill --signal=KILL heliopost")
    until(lambda: ready(service) and shown(service, "MainPID")["MainPID"] != before, "it does not come back")
    assert shown(service, "NRestarts")["NRestarts"] == "1"


def test_a_configuration_that_must_be_mended_is_not_tried_again(service: Machine) -> None:
    service.run("cp /etc/heliopost/config.yaml /root/good; echo 'web: {nonsense: 1}' >> /etc/heliopost/config.yaml")
    service.run("systemctl restart heliopost")
    until(lambda: shown(service, "ActiveState")["ActiveState"] == "failed", "it goes on")
    assert shown(service, "ExecMainStatus", "NRestarts") == {"ExecMainStatus": "78", "NRestarts": "0"}
    assert "web.nonsense is no known key" in log(service)
    service.run("cp /root/good /etc/heliopost/config.yaml; systemctl restart heliopost")
    until(lambda: ready(service), "it does not work again")


def test_an_upgrade_keeps_the_state(service: Machine) -> None:
    pip = [line for line in UPGRADE.splitlines() if "/pip" in line]
    rest = UPGRADE
    for line in pip:  # without a network, so nothing may be fetched: what is wanted is there already
        rest = rest.replace(line, f"{line} --no-index" if line.endswith("requirements.txt") else line)
    service.run(rest, CLONE)
    until(lambda: ready(service), "it does not work after the upgrade")
    assert "account home: works" in service.run(ASK, CLONE)


def test_nothing_in_the_log_is_secret(service: Machine) -> None:
    said = log(service)
    assert '"broker_connected"' in said
    assert BROKERS not in said
    assert f'"{PASSWORD}"' not in said


def test_the_last_lines_leave_nothing_behind(service: Machine) -> None:
    service.run(UNINSTALL.replace("sleep 30", "sleep 3"), CLONE)
    elsewhere = " ".join(f"-not -path '/{place}/*'" for place in ("root", "srv", "proc", "tmp"))
    left = service.run(f"find / -xdev -ipath '*heliopost*' {elsewhere}")
    assert left.split() == []
