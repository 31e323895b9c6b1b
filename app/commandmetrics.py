"""Prometheus: what is counted of commands."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

ENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "confirmed": ("confirmed",),
    "unconfirmed": ("not_verified", "verify_mismatch", "verify_timeout"),
    "failed": (
        "vendor_error",
        "vendor_unreachable",
        "vendor_blocked",
        "rate_limited",
        "budget_exhausted",
        "auth_failed",
        "account_locked",
        "not_ready",
        "internal",
    ),
}
"""Ends by status and code that are counted from 0: Prometheus's `increase` does not see the step from nothing to 1."""


class CommandMetrics(Collector):
    """Counts commands that have ended, and tells how often devices may still be written."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything in a registry."""
        self._left: Callable[[], Mapping[str, int]] = dict
        self.ended = Counter("heliopost_commands", "Commands that have ended", ("status", "code"), registry=registry)
        self.seconds = Histogram(
            "heliopost_command_duration_seconds",
            "How long a command took from its arrival to its end",
            ("status",),
            buckets=(0.1, 1, 5, 15, 30, 60, 120, 300, 600, 1200),
            registry=registry,
        )
        self.verify_seconds = Histogram(
            "heliopost_command_verify_seconds",
            "How long after its write a confirmed command was seen at the vendor",
            buckets=(15, 20, 30, 60, 120, 300, 600, 1200),
            registry=registry,
        )
        for status, codes in ENDS.items():
            for code in codes:
                self.ended.labels(status, code)
        registry.register(self)

    def watch(self, left: Callable[[], Mapping[str, int]]) -> None:
        """Ask `left` at each scrape how often each device may still be written today."""
        self._left = left

    def command(self, status: str, code: str, seconds: float, read_back: float | None) -> None:
        """Count a command that has ended, `seconds` after it came; `read_back` seconds after the write it was seen."""
        self.ended.labels(status, code).inc()
        self.seconds.labels(status).observe(seconds)
        if read_back is not None:
            self.verify_seconds.observe(read_back)

    def describe(self) -> Iterable[Metric]:
        """Tell nothing in advance: a registry would scrape to learn the names."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return how often devices may still be written."""
        left = GaugeMetricFamily(
            "heliopost_command_writes_left",
            "How often a device may still be written within 24 hours, of those that have been",
            labels=("device",),
        )
        for device, count in self._left().items():
            left.add_metric((device,), count)
        return (left,)
