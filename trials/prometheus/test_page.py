"""What docs/metrics.md tells to type and to copy works with an existing Prometheus, in a folder of its own."""

import os
import re
import subprocess
from pathlib import Path

from trials.park import ROOT
from trials.prometheus.server import find

PAGE = (ROOT / "docs" / "metrics.md").read_text()


def test_the_lines_for_an_existing_prometheus_make_one_that_is_right(tmp_path: Path) -> None:
    find("promtool")
    install, check = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    etc, here = tmp_path / "prometheus", tmp_path / "here"
    etc.mkdir()
    here.mkdir()
    (here / "heliopost.token").write_text("a-token\n")
    (here / "deploy").symlink_to(ROOT / "deploy")
    (etc / "prometheus.yml").write_text(example)
    reload = "sudo systemctl reload prometheus\n"
    assert check.endswith(reload)  # there is no systemd here; Prometheus's own reading is in test_scrape.py
    for block in (install, check.removesuffix(reload)):
        lines = block.replace("/etc/prometheus", str(etc)).replace("sudo ", "")
        if os.geteuid() != 0:
            lines = lines.replace(" -g prometheus", "")  # only root may
        done = subprocess.run(["sh", "-euc", lines], cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS: 2 rule files found" in done.stdout
    assert (etc / "heliopost.token").read_text() == "a-token\n"
