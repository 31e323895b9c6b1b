"""The trials' own machinery: what cannot be proven must not look proven, and nothing is left running."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trials.prometheus import history, schema
from trials.prometheus.history import live
from trials.prometheus.server import Prometheus, QueryFailed, find


def _path(monkeypatch: pytest.MonkeyPatch, folder: Path, **programs: str) -> None:
    """Have nothing but these shell scripts as programs, and a cache in which nothing is installed."""
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(schema, "PLACE", folder.parent / "place")


def test_packages_that_npm_cannot_install_are_a_failure_in_npms_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _path(monkeypatch, tmp_path / "bin", node="exit 0", npm='echo "npm error code E404" >&2; exit 1')
    for _ in range(2):  # the second time as well: nothing counts as installed
        with pytest.raises(pytest.fail.Exception, match=r"npm ci .*(?s:.*)npm error code E404"):
            schema.install()


@pytest.mark.parametrize(("there", "missing"), [({"npm": "exit 0"}, "node"), ({"node": "exit 0"}, "npm")])
def test_without_node_or_npm_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: dict[str, str], missing: str
) -> None:
    _path(monkeypatch, tmp_path / "bin", **there)
    with pytest.raises(pytest.skip.Exception, match=rf"{missing} is not installed \(apt install nodejs npm\)"):
        schema.install()


async def test_a_past_that_cannot_be_finished_leaves_no_prometheus_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find("prometheus")
    seen: list[Prometheus] = []

    async def write(folder: Path, **_: Any) -> tuple[datetime, datetime]:
        folder.mkdir()
        (folder / "1.txt").write_text("# TYPE up gauge\nup 1 1781956800\n# EOF\n")
        return datetime.fromtimestamp(1781956800, UTC), datetime.fromtimestamp(1781956800, UTC)

    async def record(prometheus: Prometheus, *_: Any) -> None:
        assert await prometheus.query("1")
        seen.append(prometheus)
        raise QueryFailed(seen)

    monkeypatch.setattr(history, "write", write)
    monkeypatch.setattr(history, "record", record)
    with pytest.raises(QueryFailed):
        await live(tmp_path, [tmp_path / "rules.yml"])
    (prometheus,) = seen
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", prometheus.port)
