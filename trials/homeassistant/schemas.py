"""Asks real releases of Home Assistant, without their web pages, what they make of discovery documents."""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.sinks.homeassistant.versions import Version
from tests.broker import Mosquitto
from trials.homeassistant.releases import Release

HERE: Final = Path(__file__).parent
_MARKER: Final = re.compile(r"\b(m\d+)(?![a-z0-9])")
LIMIT: Final = 280
"""Seconds that a release may take for all it is asked."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document that is put before Home Assistant."""

    name: str
    topic: str
    document: Mapping[str, Any]
    states: Mapping[str, str] = field(default_factory=dict)
    """What is published afterwards, by topic."""
    marker: str = ""
    """A word, such as `m12`, that is part of its topics and ids, so that what is said of it can be told."""

    @property
    def expected(self) -> int:
        """How many entities it announces; one that only takes an entity back counts for none."""
        parts = self.document.get("cmps")
        if isinstance(parts, Mapping):
            return sum(not isinstance(part, Mapping) or part.keys() != {"p"} for part in parts.values())
        return 0 if "cmps" in self.document else 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Home Assistant made of it."""

    complaints: tuple[str, ...]
    """Warnings and errors of its log, new repair issues, and entities that are missing."""

    @property
    def fine(self) -> bool:
        """Whether it took everything and had nothing to say."""
        return not self.complaints


def month(release: Release) -> Version:
    """Return a release as our rules know it."""
    year, number, *_ = release.version.split(".")
    return Version(int(year), int(number))


async def judge(release: Release, cases: Sequence[Case]) -> list[Verdict]:
    """Put documents before one Home Assistant, and return its verdicts in their order."""
    place = Path(tempfile.mkdtemp(prefix="heliopost-judge-", dir=release.root / "tmp"))
    try:
        script = Path(shutil.copy(HERE / "schemas_judge.py", place))
        (folder := place / "configuration").mkdir()
        asked = [{"topic": case.topic, "payload": json.dumps(case.document), "states": case.states} for case in cases]
        async with Mosquitto(options=["set_tcp_nodelay true"]) as broker, asyncio.timeout(LIMIT):
            question = json.dumps({"port": broker.port, "cases": asked})
            answer = await _run(release, question, release.inside(script), release.inside(folder))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    told = json.loads(answer.splitlines()[-1])
    _sort(cases, told)
    return [_verdict(case, one) for case, one in zip(cases, told, strict=True)]


async def tables(release: Release) -> dict[str, Any]:
    """Return what a release says of itself that it accepts (`schemas_tables.py` says in what form)."""
    source = (HERE / "schemas_tables.py").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(await _run(release, "", "-c", source))
    return found


async def _run(release: Release, question: str, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(*release.command, *words, stdin=-1, stdout=-1, stderr=-1)
    try:
        answer, log = await process.communicate(question.encode())
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, log.decode(errors="replace")[-3000:]
    return answer.decode()


def _sort(cases: Sequence[Case], told: Sequence[Mapping[str, list[str]]]) -> None:
    """Give what was said late, while another document was heard, to the one that it names."""
    places = {case.marker: told[number]["said"] for number, case in enumerate(cases) if case.marker}
    for verdict in told:
        for line in tuple(verdict["said"]):
            named = _MARKER.search(line)
            own = places.get(named[1]) if named is not None else None
            if own is not None and own is not verdict["said"]:
                verdict["said"].remove(line)
                own.append(line)


def _verdict(case: Case, told: Mapping[str, list[str]]) -> Verdict:
    missing = case.expected - len(told["entities"])
    return Verdict((
        *told["said"],
        *(f"repair: {issue}" for issue in told["issues"]),
        *([f"{missing} of {case.expected} entities are missing"] if missing else ()),
    ))  # fmt: skip
