"""The dashboards of deploy/grafana as a user sees them, drawn by us: no registry has a Grafana.

The same panels at the same places, with the answers of the same queries from a real Prometheus that two weeks of a
simulated plant were written into. uPlot, the library Grafana draws curves with, draws them here as well; Chromium
paints the page. So nothing is needed that the other pictures do not need, and text is set as in a browser.
"""

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from simulator.growatt import one_plant
from trials.pictures.paint import page
from trials.prometheus import history
from trials.prometheus.grafana import Viewer, panels
from trials.prometheus.history import Incident
from trials.prometheus.server import Prometheus

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "deploy" / "grafana" / "dashboards"
CACHE = ROOT / ".cache" / "pictures"
HERE = Path(__file__).parent
LIMIT = 300
"""Seconds that npm or the browser may take; each takes some ten."""
ZONE = ZoneInfo("Europe/Amsterdam")
END = datetime(2026, 7, 2, 17, 30, tzinfo=UTC)
"""The evening of a sunny day."""
DAYS = 12.75
BUDGET = 800
STARTED = re.compile(r"^(process_start_time_seconds\S* )\S+", re.MULTILINE)
LAST_DAY = timedelta(days=DAYS - 1)
INCIDENTS = (
    Incident(LAST_DAY + timedelta(hours=5), timedelta(minutes=25), "http_error", {"status": 502}),
    Incident(LAST_DAY + timedelta(hours=9), timedelta(minutes=20), "broker_down"),
    Incident(LAST_DAY + timedelta(hours=13), timedelta(minutes=12), "absurd", {"fields": "^(pac|ppv)$"}),
    Incident(LAST_DAY + timedelta(hours=16), timedelta(minutes=6), "truncated"),
    Incident(LAST_DAY + timedelta(hours=18), timedelta(), "expire_sessions"),
    Incident(LAST_DAY + timedelta(hours=20), timedelta(minutes=40), "timeout", {"path": "tlx", "seconds": 90}),
)
"""What goes wrong on the last day, so that the bridge's dashboard has something to show."""


def draw(folder: Path) -> list[Path]:
    """Paint both dashboards into `folder`, and return the pictures."""
    library = _library()
    made = []
    for name, (html, height) in asyncio.run(_pages(library)).items():
        picture = folder / f"dashboard-{name}.png"
        _paint(html, height, picture)
        made.append(picture)
    return made


async def _pages(library: Path) -> dict[str, tuple[str, int]]:
    blocks = await _past()
    with TemporaryDirectory(prefix="heliopost-pictures-") as folder:
        prometheus = Prometheus(history.EMPTY, Path(folder))
        shutil.copytree(blocks, prometheus.storage)
        made = {}
        async with prometheus:
            for name in ("home", "bridge"):
                board = json.loads((BOARDS / f"{name}.json").read_text())
                viewer = Viewer(prometheus, END, ZONE, scrape=60, width=1568)
                await viewer.open(board)
                answers = {panel["id"]: await viewer.look(panel) for panel in panels(board)}
                made[name] = page(board, viewer, answers, library)
    return made


async def _past() -> Path:
    """Return a folder with Prometheus's blocks of the past; they are kept until what makes them changes."""
    text = "".join(
        path.read_text() for folder in ("simulator", "app") for path in sorted((ROOT / folder).rglob("*.py"))
    )
    key = hashlib.sha256(f"{text}{END}{DAYS}{BUDGET}{INCIDENTS}".encode()).hexdigest()[:16]
    folder = CACHE / f"past-{key}"
    blocks = folder / "blocks"
    if not blocks.exists():
        for old in CACHE.glob("past-*"):
            shutil.rmtree(old)
        settings: dict[str, Any] = {"plants": one_plant(), "account": {"budget": BUDGET}}
        start, _ = await history.write(folder, days=DAYS, end=END, incidents=INCIDENTS, **settings)
        for file in folder.glob("*.txt"):
            # The process is as old as the machine says, not as the simulated clock does.
            file.write_text(STARTED.sub(rf"\g<1>{start.timestamp()}", file.read_text()))
        await history.load_blocks(folder, fresh := folder / "fresh")
        fresh.rename(blocks)
        for file in folder.glob("*.txt"):
            file.unlink()
    return blocks


def _library() -> Path:
    """Return the folder with uPlot, fetched once."""
    if shutil.which("npm") is None:
        msg = "npm is not installed (apt install nodejs npm)"
        raise FileNotFoundError(msg)
    place = CACHE / "node"
    place.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_text()
    done = place / "installed"
    if not done.exists() or done.read_text() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place / name)
        words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(words, cwd=place, check=True, timeout=LIMIT, capture_output=True)
        done.write_text(lock)
    return place / "node_modules" / "uplot" / "dist"


def _paint(html: str, height: int, picture: Path) -> None:
    """Have a page painted by Chromium."""
    browser = shutil.which("chromium")
    if browser is None:
        msg = "chromium is not installed (apt install chromium)"
        raise FileNotFoundError(msg)
    with _written(html) as (file, profile):
        words = [
            browser,
            "--headless",
            "--no-sandbox",  # root may not have one; the page is our own
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            f"--user-data-dir={profile}",
            f"--window-size=1600,{height}",
            "--virtual-time-budget=10000",
            f"--screenshot={picture}",
            file.as_uri(),
        ]
        done = subprocess.run(words, check=False, timeout=LIMIT, capture_output=True, text=True)
    if done.returncode or not picture.exists():
        msg = f"chromium did not paint {picture}:\n{done.stderr}"
        raise RuntimeError(msg)


@contextmanager
def _written(html: str) -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory(prefix="heliopost-pictures-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        yield file, Path(folder) / "profile"
