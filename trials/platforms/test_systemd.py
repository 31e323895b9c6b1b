"""What systemd itself says of the unit. It need not run for that; the unit as a running service is another matter."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

UNIT: Final = Path(__file__).parents[2] / "deploy" / "systemd" / "heliopost.service"
EXPOSURE: Final = 1.5
"""systemd's own measure, 0 (nothing is possible) to 10; network, DNS and the clock device are what remains."""


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed; type: apt-get install -y systemd")
    return found


def verified(analyze: str, folder: Path, text: str) -> str:
    """Return what `systemd-analyze verify` says of a unit whose program is there."""
    program = folder / "heliopost"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = folder / "heliopost.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", text))
    words = [analyze, "verify", "--man=no", str(unit)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    said = "".join(line for line in (ran.stdout + ran.stderr).splitlines(keepends=True) if unit.name in line)
    assert said or ran.returncode == 0, ran.stderr
    return said


def test_systemd_understands_every_line(analyze: str, tmp_path: Path) -> None:
    assert verified(analyze, tmp_path, UNIT.read_text()) == ""


@pytest.mark.parametrize(
    ("line", "slip"),
    [
        ("ProtectSystem=strict", "ProtectSystem=strictly"),
        ("RestartSec=10s", "RestartSecs=10s"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@system-services"),
    ],
)
def test_a_slip_would_be_found(analyze: str, tmp_path: Path, line: str, slip: str) -> None:
    text = UNIT.read_text()
    assert line in text
    assert verified(analyze, tmp_path, text.replace(line, slip)) != ""


def test_the_service_may_do_little_more_than_it_must(analyze: str) -> None:
    words = [analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE * 10:.0f}", str(UNIT)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", ran.stdout)
    assert found is not None, ran.stdout
    assert float(found[1]) <= EXPOSURE
