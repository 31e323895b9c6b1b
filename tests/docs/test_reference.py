"""The generated pages are what the code says today."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from app.pace import DISCOVERY
from app.points import VOCABULARY
from app.providers.growatt.families import FEEDS, LOGGER_FAMILY, PLANT_FAMILY, TYPES
from app.providers.growatt.openapi.families import METER, NUMBERS, PLANT, WORDS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_every_page_of_the_reference_is_as_make_docs_writes_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "reference", tmp_path], cwd=ROOT, check=True, timeout=100)
    fresh = {page.name: page.read_text() for page in tmp_path.iterdir()}
    kept = {page.name: page.read_text() for page in REFERENCE.iterdir()}
    assert sorted(kept) == sorted(fresh)
    assert [name for name in fresh if fresh[name] != kept[name]] == [], "run `make docs`"


def test_every_family_has_a_page() -> None:
    families = {family.name for family in TYPES.values()} | {PLANT_FAMILY.name, LOGGER_FAMILY.name}
    families |= {f"token-{family.name}" for family in (*NUMBERS.values(), *WORDS.values(), METER, PLANT)}
    assert {page.stem.removeprefix("points-") for page in REFERENCE.glob("points-*.md")} == families


def test_the_page_of_growatt_tells_the_cadences_as_they_are() -> None:
    page = (ROOT / "docs" / "providers" / "growatt.md").read_text()
    for feed in (*FEEDS, DISCOVERY):
        by_day, by_night = (_spoken(span) for span in (feed.every, feed.night))
        assert re.search(rf"\| `?{feed.name}`? \| {by_day} \| {by_night} \|", page), feed.name


def _spoken(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return rf"({hours:g} h|{hours * 60:g} min)"


def test_the_page_of_growatt_names_every_device_type() -> None:
    page = (ROOT / "docs" / "providers" / "growatt.md").read_text()
    assert [name for name, family in TYPES.items() if family.name != "meter" and f"`{name}`" not in page] == []


def test_what_everybody_wants_to_see_is_in_the_pages() -> None:
    page = (REFERENCE / "points-tlx.md").read_text()
    for words in (
        "of the moment; + import, \N{MINUS SIGN} export | enabled | `power`, `measurement` |",
        "`heliopost_battery_soc_ratio` (0 to 1)",
        "| `pv{n}_power` (1 to 4) |",
        "| `tlx_detail` | `values` | 5m | 30m |",
    ):
        assert words in page
    assert all(VOCABULARY[key].title in page for key in ("pv_energy_total", "battery_soc"))
