"""A running park, and a real Prometheus with the shipped files that scrapes it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.park import Park, park
from trials.prometheus.server import Prometheus

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
TOKEN = "a-token-of-the-trial"


def configuration(target: str, token: Path, *, every: str = "2s") -> str:
    """Return the shipped prometheus.yml with its places changed, and in a hurry: every 30 s would make trials long."""
    text = (SHIPPED / "prometheus.yml").read_text()
    for shipped, here in (
        ("heliopost:9876", target),
        ("/run/secrets/web_token", str(token)),
        ("rules/*.yml", str(SHIPPED / "rules" / "*.yml")),
        ("scrape_interval: 30s", f"scrape_interval: {every}"),
        ("scrape_timeout: 10s", f"scrape_timeout: {every}"),
        ("evaluation_interval: 30s", f"evaluation_interval: {every}"),
    ):
        assert text.count(f" {shipped}\n") + text.count(f"[{shipped}]") == 1, f"prometheus.yml has no place {shipped}"
        text = text.replace(shipped, here)
    return text


@dataclass
class Watch:
    """The park, and who watches it."""

    park: Park
    prometheus: Prometheus
    token: Path
    """The file that Prometheus reads the token from."""


@contextlib.asynccontextmanager
async def watch(folder: Path, **settings: Any) -> AsyncIterator[Watch]:
    """Start both and wait for the first scrape; `settings` are of `trials.park.park`."""
    token = folder / "web_token"
    token.write_text(f"{TOKEN}\n")  # as deploy/secrets.sh writes it
    web = {"token": TOKEN, "metrics_tail": True}
    async with park(web=web, **settings) as it:
        target = it.bridge.web.removeprefix("http://")
        async with Prometheus(configuration(target, token), folder / "prometheus") as prometheus:
            await prometheus.until('up{job="heliopost"} == 1')
            yield Watch(it, prometheus, token)
