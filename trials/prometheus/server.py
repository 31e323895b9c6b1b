"""A real Prometheus on a free loopback port: Debian's package 2.42 or a later one (3.5 works as well)."""

import asyncio
import contextlib
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.broker import free_port

LIMIT = 30.0
"""Seconds that Prometheus may take to start, to end or to answer; all of it takes less than one."""
RETENTION = "5y"


def find(program: str) -> str:
    """Return where prometheus or promtool is; skip the test without it."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (apt install prometheus)")
    return found


def promtool(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run promtool; raise AssertionError with what it said if it fails and `check` is set."""
    done = subprocess.run([find("promtool"), *words], capture_output=True, text=True, check=False, timeout=4 * LIMIT)
    if check and done.returncode:
        msg = f"promtool {' '.join(map(str, words))}:\n{done.stdout}{done.stderr}"
        raise AssertionError(msg)
    return done


@dataclass(frozen=True)
class Sample:
    """One series' value at one moment."""

    labels: dict[str, str]
    """With the metric's name as `__name__`, where there is one."""
    value: float
    at: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Line:
    """One series over a span of time."""

    labels: dict[str, str]
    points: list[tuple[float, float]]
    """Seconds since 1970, and the value."""


class QueryFailed(AssertionError):
    """Prometheus does not understand a query, or cannot answer it."""


class Prometheus:
    """A Prometheus of one's own; `async with Prometheus(text, folder) as it:` starts it and ends it."""

    def __init__(self, configuration: str, folder: Path, *, options: Iterable[str] = ()) -> None:
        """`configuration` is the text of prometheus.yml; `folder` holds it, the log, and the values in `data`.

        `options` are more words of the command line.
        """
        self.folder = folder
        self.storage = folder / "data"
        self.file = folder / "prometheus.yml"
        self.port = 0
        self._options = tuple(options)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(configuration)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it, also again after an end, and return when it answers queries."""
        binary = find("prometheus")
        self.port = free_port()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    binary,
                    f"--config.file={self.file}",
                    f"--storage.tsdb.path={self.storage}",
                    f"--storage.tsdb.retention.time={RETENTION}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--web.enable-lifecycle",
                    *self._options,
                ],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + LIMIT
        while not await asyncio.to_thread(self._ready):
            if self._process.poll() is not None or time.monotonic() > deadline:
                await self.stop()
                msg = f"prometheus does not start:\n{self.log()}"
                raise RuntimeError(msg)
            await asyncio.sleep(0.05)

    async def stop(self) -> int:
        """End it in good order, and return its exit code."""
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(process.wait, LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _ready(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
        return False

    def log(self) -> str:
        """Return what it has said."""
        return (self.folder / "log").read_text(errors="replace")

    def complaints(self) -> list[str]:
        """Return the warnings and errors of its log, but for those of an end and of blocks that were brought in."""
        return [
            line
            for line in self.log().splitlines()
            if re.search(r"\blevel=(warn|error)", line, re.IGNORECASE)
            and not re.search(r"Received SIGTERM|Received an OS signal|Overlapping blocks found", line)
        ]

    # Asking

    async def ask(self, path: str, **fields: str) -> Any:
        """Return the data of an answer of the HTTP API, such as `await it.ask("labels")`."""

        def get() -> Any:
            query = f"?{urllib.parse.urlencode(fields)}" if fields else ""
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/{path}{query}", timeout=LIMIT) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                with contextlib.suppress(ValueError):
                    return json.loads(error.read())
                raise

        answer = await asyncio.to_thread(get)
        if answer["status"] != "success":
            msg = f"{fields.get('query', path)}: {answer.get('error')}"
            raise QueryFailed(msg)
        return answer["data"]

    async def query(self, expr: str, at: float | None = None) -> list[Sample]:
        """Return an expression's value at a moment (seconds since 1970), now unless given."""
        data = await self.ask("query", query=expr, **({} if at is None else {"time": repr(at)}))
        if data["resultType"] in ("scalar", "string"):
            moment, value = data["result"]
            return [Sample({}, float(value), float(moment))]
        return [Sample(found["metric"], float(found["value"][1]), float(found["value"][0])) for found in data["result"]]

    async def value(self, expr: str, at: float | None = None) -> float | None:
        """Return the value of an expression that is one series; None where there is none."""
        found = await self.query(expr, at)
        if len(found) > 1:
            msg = f"{expr} is {len(found)} series: {[sample.labels for sample in found]}"
            raise QueryFailed(msg)
        return found[0].value if found else None

    async def number(self, expr: str, at: float | None = None) -> float:
        """Return the value of an expression that is one series; raise QueryFailed where there is none."""
        found = await self.value(expr, at)
        if found is None:
            msg = f"nothing comes of {expr}"
            raise QueryFailed(msg)
        return found

    async def query_range(self, expr: str, start: float, end: float, step: float) -> list[Line]:
        """Return an expression's values over a span; seconds since 1970, and seconds."""
        data = await self.ask("query_range", query=expr, start=repr(start), end=repr(end), step=repr(step))
        return [
            Line(found["metric"], [(float(at), float(value)) for at, value in found["values"]])
            for found in data["result"]
        ]

    async def targets(self) -> list[dict[str, Any]]:
        """Return what it scrapes, with `health`, `lastError`, `lastScrapeDuration` and `labels`."""
        return list((await self.ask("targets", state="active"))["activeTargets"])

    async def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing."""
        return list((await self.ask("alerts"))["alerts"])

    async def rules(self) -> list[dict[str, Any]]:
        """Return all rules, with `health`, `lastError` and `type`."""
        return [rule for group in (await self.ask("rules"))["groups"] for rule in group["rules"]]

    async def until(self, expr: str, limit: float = LIMIT) -> list[Sample]:
        """Wait until an expression gives something, and return that."""
        deadline = time.monotonic() + limit
        while not (found := await self.query(expr)):
            if time.monotonic() > deadline:
                msg = f"in {limit} s nothing came of {expr}; targets: {await self.targets()}"
                raise AssertionError(msg)
            await asyncio.sleep(0.1)
        return found

    async def reload(self, configuration: str | None = None) -> None:
        """Read the configuration again, a new one if given."""
        if configuration is not None:
            self.file.write_text(configuration)

        def post() -> None:
            urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/reload", method="POST"), timeout=LIMIT).close()

        await asyncio.to_thread(post)
