"""The dashboard of the bridge: whether it reads, what that costs, and what goes wrong."""

from typing import Final

from deploy.grafana.generator.bridge_account import ACCOUNT, HERE, STATE, STATES, TABLE, TIMELINE
from deploy.grafana.generator.frame import Row, choice, dashboard, link
from deploy.grafana.generator.parts import (
    BAD,
    BY_VALUE,
    GOOD,
    HOUSE,
    PLAIN,
    WARN,
    Json,
    Look,
    Query,
    curves,
    fixed,
    gauge,
    ranking,
    stat,
    steps,
    words,
)

UID: Final = "heliopost-bridge"
COUNTED: Final[Json] = {"bars": True, "stack": True, "interval": "5m", "decimals": 0}
OURS: Final = "and on (instance) heliopost_build_info"
"""Leaves out what other programs tell under the same name."""


def grown(metric: str, by: str = "", where: str = HERE) -> str:
    """Return by how much a counter has grown in each step; of many series only those that have."""
    added = f"increase({metric}{{{where}}}[$__interval])"
    return f"sum by ({by}) ({added}) > 0" if by else f"sum({added})"


def appeared(metric: str, by: str) -> str:
    """Return the same of a counter that has no series before it first counts, which increase() would not see.

    What was not there the day before counts with what it says.
    """
    series = f"{metric}{{{HERE}}}"
    new = f"({series} unless last_over_time({series}[1d] offset $__interval))"
    return f"sum by ({by}) ({new} or increase({series}[$__interval])) > 0"


def quantile(part: float) -> str:
    """Return within how many seconds this part of the last hour's polls was done."""
    buckets = f"heliopost_poll_duration_seconds_bucket{{{ACCOUNT}}}"
    return f"histogram_quantile({part}, sum by (le) (rate({buckets}[1h])))"


RUNNING: Final = stat(
    "Bridge",
    "Whether Prometheus can read the bridge.",
    [Query(f"min(up{{{HERE}}} and on (instance) last_over_time(heliopost_build_info{{{HERE}}}[1d]))", now=True)],
    mappings=words(_1=("running", GOOD), _0=("down", BAD)),
    **BY_VALUE,
)
BROKER: Final = stat(
    "Broker",
    "Whether the bridge is connected to the MQTT broker.",
    [Query(f"min(heliopost_mqtt_connected{{{HERE}}})", now=True)],
    mappings=words(_1=("connected", GOOD), _0=("away", BAD)),
    **BY_VALUE,
)
ACCOUNTS: Final = stat(
    "Accounts",
    "The state of each account. If it is locked, or its password refused, its topic on the broker says why.",
    [Query(STATE, "{{account}}", now=True)],
    mappings=STATES,
    **BY_VALUE,
)
SPENT: Final = gauge(
    "Calls of today",
    "How much of the budget of calls to the vendor is spent; of several accounts, the one that has spent most. The day"
    " is UTC's.",
    [
        Query(
            f"max(heliopost_account_calls_today{{{ACCOUNT}}} / heliopost_account_calls_budget{{{ACCOUNT}}})",
            now=True,
        )
    ],
    unit="percentunit",
    decimals=0,
    thresholds=steps((None, GOOD), (0.75, WARN), (0.9, BAD)),
    **BY_VALUE,
)
UPTIME: Final = stat(
    "Runs for",
    "Since the last start.",
    [Query(f"min(time() - process_start_time_seconds{{{HERE}}} {OURS})", now=True)],
    unit="dtdurations",
    decimals=1,
    color=fixed(PLAIN),
)
VERSION: Final = stat(
    "Version",
    "Of the bridge that runs.",
    [Query(f"heliopost_build_info{{{HERE}}}", "{{version}}", now=True)],
    text="name",
    color=fixed(PLAIN),
)

POLLS: Final = curves(
    "Polls",
    "Reads of a feed, by outcome: ok, or what went wrong.",
    [Query(grown("heliopost_polls_total", "outcome", ACCOUNT), "{{outcome}}")],
    looks=[Look("ok", GOOD)],
    **COUNTED,
)
FAILED: Final = curves(
    "Failed polls",
    "By feed and error. Single ones are the internet's weather; docs/troubleshooting.md tells what each means.",
    [Query(grown("heliopost_polls_total", "feed, outcome", f'{ACCOUNT}, outcome!="ok"'), "{{feed}}: {{outcome}}")],
    noValue="None failed",
    **COUNTED,
)
DURATION: Final = curves(
    "How long a poll takes",
    "Half of the last hour's polls were quicker than the lower line, 95 of 100 quicker than the upper one.",
    [Query(quantile(0.5), "half of them"), Query(quantile(0.95), "95 of 100")],
    unit="s",
    looks=[Look("half of them", HOUSE), Look("95 of 100", WARN)],
)
CALLS: Final = curves(
    "Calls of the day, and the budget",
    "Calls to the vendor since midnight UTC, and how many the bridge allows itself. Towards the budget it reads less"
    " often, rather than have the account locked.",
    [
        Query(f"heliopost_account_calls_today{{{ACCOUNT}}}", "{{account}}"),
        Query(f"heliopost_account_calls_budget{{{ACCOUNT}}}", "{{account}}: budget"),
    ],
    looks=[
        Look(
            ".*: budget",
            BAD,
            {"custom.lineStyle": {"fill": "dash", "dash": [10, 10]}, "custom.fillOpacity": 0},
            regex=True,
        )
    ],
    fill=10,
)
STRETCH: Final = curves(
    "Slowed down",
    "How many times longer the bridge waits between polls, so that the budget lasts for the day. 1 is as planned.",
    [Query(f"heliopost_account_cadence_stretch_ratio{{{ACCOUNT}}}", "{{account}}")],
    unit="suffix:×",
    straight=True,
    min=0,
)
WHICH_CALLS: Final = ranking(
    "What the calls were",
    "The ten most frequent calls to the vendor, in the chosen time.",
    [
        Query(
            f"topk(10, sum by (call) (increase(heliopost_vendor_calls_total{{{ACCOUNT}}}[$__range])))",
            "{{call}}",
            now=True,
        )
    ],
    color=fixed(HOUSE),
    decimals=0,
)

REJECTED: Final = curves(
    "Readings not believed",
    "Values of the vendor that cannot be true, by the rule that caught them (docs/plausibility.md).",
    [Query(grown("heliopost_points_rejected_total", "rule"), "{{rule}}")],
    noValue="All were believed",
    **COUNTED,
)
REFUSED: Final = curves(
    "Entities not announced",
    "What Home Assistant would have refused, by reason. Anything here is a mistake of ours or of the configuration.",
    [Query(appeared("heliopost_discovery_refused_total", "reason"), "{{reason}}")],
    noValue="All were announced",
    **COUNTED,
)
STALE: Final = curves(
    "Devices with old values",
    "How many devices' values are too old to be shown. Inverters without a battery sleep at night.",
    [Query(f"sum by (kind) (heliopost_device_stale{{{HERE}}})", "{{kind}}")],
    straight=True,
    stack=True,
    fill=40,
    decimals=0,
)
MESSAGES: Final = curves(
    "Messages",
    "Messages that the broker took, and those that were not sent, by reason. While the broker is away they are dropped;"
    " once it is back, everything is sent anew.",
    [
        Query(grown("heliopost_mqtt_published_total"), "sent"),
        Query(grown("heliopost_mqtt_dropped_total", "reason"), "dropped: {{reason}}"),
    ],
    looks=[Look("sent", HOUSE)],
    **COUNTED,
)
QUEUE: Final = curves(
    "Waiting messages",
    "Messages in the queue. They wait for the broker to take the ones before them.",
    [Query(f"max_over_time(heliopost_mqtt_outbox_messages{{{HERE}}}[$__rate_interval])", "{{instance}}")],
    fill=20,
    min=0,
    decimals=0,
)
LOST: Final = curves(
    "Lost connections",
    "Connections to the broker that were lost, and news that an outlet failed to take.",
    [
        Query(grown("heliopost_mqtt_reconnects_total"), "broker lost"),
        Query(grown("heliopost_sink_errors_total", "sink"), "{{sink}} failed"),
    ],
    looks=[Look("broker lost", WARN)],
    color=fixed(BAD),
    **COUNTED,
)
COMMANDS: Final = curves(
    "Commands",
    "Commands that have ended, by how. What is neither confirmed nor as it was already has a reason in the log.",
    [Query(grown("heliopost_commands_total", "status"), "{{status}}")],
    looks=[Look("confirmed", GOOD), Look("failed", BAD), Look("unconfirmed", WARN)],
    **COUNTED,
)
SEEN: Final = curves(
    "Seen at the vendor",
    "How long after a write it was seen at the vendor, on average.",
    [
        Query(
            f"rate(heliopost_command_verify_seconds_sum{{{HERE}}}[1h])"
            f" / rate(heliopost_command_verify_seconds_count{{{HERE}}}[1h])",
            "{{instance}}",
        )
    ],
    unit="s",
    min=0,
)
LEFT: Final = curves(
    "Writes left today",
    "How often each device may still be written within 24 hours (`commands.writes_per_day`), of those that have been.",
    [Query(f"heliopost_command_writes_left{{{HERE}}}", "{{device}}")],
    min=0,
    decimals=0,
)
MEMORY: Final = curves(
    "Memory",
    "What the process has in memory.",
    [Query(f"process_resident_memory_bytes{{{HERE}}} {OURS}", "{{instance}}")],
    unit="bytes",
    fill=15,
)
PROCESSOR: Final = curves(
    "Processor",
    "How much of one processor core it uses.",
    [Query(f"rate(process_cpu_seconds_total{{{HERE}}}[$__rate_interval]) {OURS}", "{{instance}}")],
    unit="percentunit",
    fill=15,
)
SCRAPE: Final = curves(
    "Time to read the metrics",
    "How long Prometheus waits for the bridge's page.",
    [Query(f"scrape_duration_seconds{{{HERE}}} {OURS}", "{{instance}}")],
    unit="s",
    fill=15,
)

ROWS: Final = (
    Row(4, ((4, RUNNING), (4, BROKER), (4, ACCOUNTS), (4, SPENT), (4, UPTIME), (4, VERSION))),
    Row(7, ((12, TIMELINE), (12, TABLE))),
    Row(8, ((8, POLLS), (8, FAILED), (8, DURATION)), "Reading from the vendor"),
    Row(8, ((10, CALLS), (6, STRETCH), (8, WHICH_CALLS))),
    Row(7, ((8, REJECTED), (8, REFUSED), (8, STALE)), "What comes of it"),
    Row(7, ((8, MESSAGES), (8, QUEUE), (8, LOST)), "MQTT"),
    Row(7, ((8, COMMANDS), (8, SEEN), (8, LEFT)), "Commands"),
    Row(7, ((8, MEMORY), (8, PROCESSOR), (8, SCRAPE)), "The process"),
)
CHOICES: Final = (
    choice("instance", "Bridge", "Which, if there are several", "label_values(heliopost_build_info, instance)"),
    choice(
        "account", "Account", "Which login", 'label_values(heliopost_account_state{instance=~"$instance"}, account)'
    ),
)


def build() -> Json:
    """Return the dashboard."""
    return dashboard(
        UID,
        "Heliopost bridge",
        "Whether the bridge reads, what that costs, and what goes wrong.",
        choices=CHOICES,
        rows=ROWS,
        links=[link("The home", "heliopost-home", "Power, energy and battery")],
    )
