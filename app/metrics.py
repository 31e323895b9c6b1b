"""Prometheus: the bridge's own counters, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app import __version__


class Metrics:
    """The bridge's own counters; one instance a bridge, handed to whoever counts."""

    def __init__(self) -> None:
        """Make the registry and register every metric in it."""
        registry = self.registry = CollectorRegistry()
        self.polls = Counter("heliopost_polls", "Reads of a feed", ("account", "feed", "outcome"), registry=registry)
        self.poll_seconds = Histogram(
            "heliopost_poll_duration_seconds",
            "How long a read of a feed took",
            ("account", "feed"),
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60),
            registry=registry,
        )
        self.calls = Counter("heliopost_vendor_calls", "Calls to a vendor", ("account", "call"), registry=registry)
        self.rejected = Counter("heliopost_points_rejected", "Readings not believed", ("rule",), registry=registry)
        self.published = Counter("heliopost_mqtt_published", "Messages the broker took", registry=registry)
        self.dropped = Counter("heliopost_mqtt_dropped", "Messages not sent", ("reason",), registry=registry)
        self.outbox = Gauge("heliopost_mqtt_outbox_messages", "Messages waiting to be sent", registry=registry)
        self.connected = Gauge("heliopost_mqtt_connected", "Whether the broker is connected", registry=registry)
        self.reconnects = Counter("heliopost_mqtt_reconnects", "Connections to the broker lost", registry=registry)
        self.refused = Counter("heliopost_discovery_refused", "Entities not announced", ("reason",), registry=registry)
        self.sink_errors = Counter("heliopost_sink_errors", "News an outlet failed to take", ("sink",), registry=registry)
        build = Gauge("heliopost_build_info", "The version that runs", ("version",), registry=registry)
        build.labels(__version__).set(1)
