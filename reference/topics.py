"""The page of topics: every topic in both directions, each with what was said on it in a real run."""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.commands.journal import Status
from app.model import EVENT_TYPES, AccountState
from app.mqtt import try_connection
from app.topics import PAYLOAD_LIMIT, Topics
from reference.markdown import HEAD, code, codes, table
from reference.park import Ear, Example, Park, ear, park

DEVICE: Final = "growatt_MNH0000100"
PLACEHOLDERS: Final = {
    "device_id": "<device id>",
    "key": "<point>",
    "account": "<account>",
    "verb": "<verb>",
    "component": "<platform>",
}
BATTERY: Final = "growatt_HVA0000100"
"""A smaller device: its discovery is one message, not several."""
SETTING: Final = "charge_rate"
SAMPLES: Final = {"key": "pv_power", "account": "home", "verb": "poll", "component": "sensor"}
INTRODUCTION: Final = """\
# MQTT: every topic

How the topics are used is told in [mqtt.md](../mqtt.md). `heliopost` is `mqtt.base_topic`, `homeassistant` is
`homeassistant.discovery_prefix`; both can be changed. Payloads are UTF-8. The examples are what mosquitto passed on in a run against the
simulated cloud: one plant with a MIN, a battery and a meter.

Which points a device has, and their units and signs: [points, by family of devices](points.md).
"""
SHOWN: Final = 12
"""Keys of a long object that an example shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the code's own words do not tell of a topic."""

    way: str
    payload: str
    fields: Mapping[str, str] | None = None
    """Of a JSON object: what each key means; must be those of the example."""
    when: str = ""
    asked: bool = False
    """Whether others publish it."""


ACCOUNT_FIELDS: Final = {
    "state": f"one of {codes(AccountState)}",
    "until": "when that is expected to end (ISO 8601, UTC), or null",
    "reason": "one sentence that says what to do; empty while all is well",
    "last_poll": "when a feed was last read",
    "next_poll": "when one will next be read",
    "calls_today": "vendor calls spent on this UTC day",
    "budget": "vendor calls that may be spent a UTC day",
    "stretch": "by how much the cadence is stretched so that the budget lasts; 1 is not at all",
    "read_only": "whether the login is a visitor's, who may only look",
    "clock_offset": "seconds by which this machine's clock is ahead of the vendor's server's, or null",
    "provider": "the vendor",
    "api": "which of the vendor's interfaces",
}
INFO_FIELDS: Final = {
    "version": "of Heliopost",
    "install_id": "random, the same for the life of this installation",
    "python": "the version it runs on",
    "started_at": "when it was started",
    "log_level": "how much is logged",
    "accounts": "names of the configured accounts",
}
HEALTH_FIELDS: Final = {
    "status": "`ok`, or `degraded` when anything below is not well",
    "live": "whether the process works; false: restart it",
    "ready": "whether values flow: the broker is connected and an account has been read",
    "reason": "a sentence on that",
    "problem": "what needs your attention, in one sentence; empty when all is well, and while the bridge begins",
    "version": "of Heliopost",
    "uptime_seconds": "since the start",
    "last_poll": "when any account was last read",
    "devices": "how many are known",
    "stale_devices": "ids of those whose values are too old to be true",
    "state_durable": "whether what must outlive a restart can be written to the disk",
    "state_reason": "why it cannot, and what to do; empty while it can",
    "mqtt": "`connected`; `conflict`: what to do about another client with the same client id, or null; `reason`: why there is no "
    "connection; `denied`: topics that the broker does not let Heliopost use",
    "clock": "what is wrong with this machine's clock, and what to do; empty while it is right",
    "accounts": "each account as on its own topic",
}
ATTRIBUTE_FIELDS: Final = {
    "name": "what the owner calls it",
    "kind": "`plant`, `inverter`, `battery`, `meter` or `logger`",
    "model": "or null",
    "serial": "or null",
    "manufacturer": "or null",
    "firmware": "or null",
    "via": "id of the device it hangs below, or null",
    "account": "the account it is read through",
    "rated_power": "W, or null",
    "time_zone": "of its plant, or null",
    "commands": "the newest command of each point: `status` (`pending`, or how it ended), `code`, `message`, `requested`, `id`, `at`; "
    "left out where there never was one",
}
COMMAND_FIELDS: Final = {
    "id": "the sender's own name of the command, else one that Heliopost made",
    "device": "the device's id",
    "point": "the point, or the whole of several, that was to be set",
    "status": f"how it ended: {codes(Status)}",
    "code": "why, as a [word for programs](../commands.md#codes)",
    "message": "why, as a sentence; empty when all is well",
    "requested": "the value that was understood, an object where there are several; or null",
    "previous": "what stood there before, or null",
    "observed": "what was read back, or null",
    "dry_run": "true where nothing was to be written; else left out",
    "source": "who asked, in the sender's own words; left out where nothing was said",
    "vendor_code": "the vendor's own word for a refusal; else left out",
    "looks": "how often it was read back; left out where it was not",
    "at": "when it was `received`, `sent`, `answered` by the vendor and `ended` (ISO 8601, UTC), as far as it came",
    "revert_at": "when the value before is restored; left out where it stays",
    "undoes": "the id of the command that this one takes back; else left out",
}
EVENT_FIELDS: Final = {
    "fault": "what is wrong, in the vendor's words",
    "fault_code": "the vendor's number for it",
    "warning": "a warning, in the vendor's words",
    "warning_code": "the vendor's number for it",
    "status": "the point `status` at that moment",
    "event_type": f"one of {codes(EVENT_TYPES)}",
    "at": "when Heliopost noticed (ISO 8601, UTC)",
}
RESPONSE_FIELDS: Final = {
    "id": "what the request had as `id`; left out where it had none",
    "status": "`ok` with `data`, or `error` with `error`: a sentence",
    "data": "what the verb answers, see [mqtt.md](../mqtt.md#what-can-be-asked)",
}
OUT: Final = "from Heliopost"
IN: Final = "to Heliopost"
BOTH: Final = "both"
ROWS: Final[Mapping[str, Row]] = {
    "bridge_state": Row(OUT, "`online`; `offline` at an orderly end, and as the last will"),
    "bridge_info": Row(OUT, "JSON", INFO_FIELDS),
    "bridge_health": Row(OUT, "JSON, twice a minute, and at once when `ready` or `problem` changes", HEALTH_FIELDS),
    "selftest": Row(BOTH, "any; nobody else needs it", when="after each connection, and by `heliopost check`"),
    "request": Row(IN, "nothing, plain text or a JSON object", asked=True),
    "response": Row(OUT, "JSON", RESPONSE_FIELDS),
    "account": Row(OUT, "JSON", ACCOUNT_FIELDS),
    "state": Row(
        OUT,
        "JSON: every point of the device, null where unknown, and `measured_at`",
        when="`mqtt.layout` `json` (default) or `both`; retained unless `mqtt.retain` is false",
    ),
    "point": Row(
        OUT,
        "the plain value; `on` and `off`; nothing at all where unknown",
        when="`mqtt.layout` `points` or `both`; retained unless `mqtt.retain` is false",
    ),
    "availability": Row(OUT, "`online` or `offline`"),
    "attributes": Row(OUT, "JSON; a vendor's further facts may stand beside these", ATTRIBUTE_FIELDS),
    "event": Row(
        OUT,
        "JSON; of a fault its code, warning and status, as far as they are known; of a command `id`, `point`, `status`, `code` and `message`",
        EVENT_FIELDS,
    ),
    "setting": Row(IN, "the plain value, or a JSON object: see [commands](../commands.md#payloads)", asked=True),
    "result": Row(
        OUT, "JSON", COMMAND_FIELDS, when="a command has ended, once; see [commands](../commands.md#answers)"
    ),
    "audit": Row(OUT, "JSON, the same as the answer", COMMAND_FIELDS, when="a command has ended, whoever sent it"),
    "config": Row(
        BOTH,
        "JSON, Home Assistant's [device discovery](https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload); an empty one from others means that the device was deleted in Home Assistant",
        when="`homeassistant.mode` `device` (default); what does not fit into one message follows on `<device id>-part2` and so on",
    ),
    "single_config": Row(OUT, "JSON, one entity's discovery", when="`homeassistant.mode` `single`"),
    "birth": Row(IN, "`online`: Home Assistant has started, and everything is announced and sent again", asked=True),
}
"""By member of `Topics`."""
UNSAID: Final = ("requests", "settings", "verb", "place", "answerable")
"""Members of `Topics` that are no topic: two subscriptions, and three that judge one."""


async def page() -> str:
    """Return the page."""
    said = await examples()
    names = [name for name in vars(Topics) if not name.startswith("_") and name not in ("base", "discovery", *UNSAID)]
    rows = [_overview(name, said) for name in names]
    head = f"{HEAD}{INTRODUCTION}\n" + table(("topic", "direction", "retained", "QoS", "payload"), rows)
    limit = (
        f"\nRetained requests are ignored, and what comes in with more than {PAYLOAD_LIMIT // 1024} kB is refused.\n"
    )
    return head + limit + "".join(_section(name, said) for name in names)


async def examples() -> dict[str, Example]:
    """Return the last that was said on each topic in a real run, by topic."""
    topics = Topics()
    async with park() as it:
        fixed = ("bridge_state", "bridge_info", "bridge_health")
        await it.ear.until(topics.availability(DEVICE))
        await it.ear.ask("poll")  # the clock does not move: no read would come due
        await it.ear.until(
            *(getattr(topics, name) for name in fixed),
            *(make(DEVICE) for make in (topics.state, topics.attributes, topics.availability, topics.config)),
            topics.account("home"),
            topics.point(DEVICE, "pv_power"),
        )
        await try_connection(it.config.mqtt, "5f0c9a7d31b24e68")
        await it.ear.hears(lambda: _all_announced(it.ear, topics), "everything about the device")
        await it.ear.client.publish(topics.birth, "online", qos=1)
        await it.ear.hears(lambda: _all_counted(it.ear, topics), "that all is well")
        await _command(it, topics)
        it.cloud.raise_alarm(DEVICE.partition("_")[2], 202, "PV Voltage High")
        it.clock.skip(timedelta(minutes=10))
        await it.ear.ask("poll", id="1", account="home")
        await it.ear.until(topics.event(DEVICE))
        said = dict(it.ear.said)
        said[topics.request("poll")].qos = 1
        async with ear(it.broker) as late:
            await late.client.publish("end", ".", qos=1)
            await late.until("end")
            for topic, example in late.said.items():
                if topic in said:
                    said[topic].retained = example.retained
    async with park(mode="single") as it:
        one = topics.single_config("sensor", DEVICE, "pv_power")
        await it.ear.until(topics.availability(DEVICE))
        await it.ear.ask("poll")
        await it.ear.until(one)
        said[one] = it.ear.said[one]
        said[one].retained = True
    return said


async def _command(it: Park, topics: Topics) -> None:
    """Set something, and wait until it has been read back and told everywhere."""
    request = {"value": 80, "id": "evening-1", "source": "my script"}
    await it.ear.client.publish(topics.setting(DEVICE, SETTING), json.dumps(request), qos=1)
    await it.ear.until(topics.result(DEVICE, SETTING), topics.audit, topics.event(DEVICE))

    def noted() -> bool:
        notes = it.ear.document(topics.attributes(DEVICE)).get("commands", {})
        return bool(notes.get(SETTING, {}).get("status") == Status.CONFIRMED)

    await it.ear.hears(noted, "how the command ended")
    it.ear.said.pop(topics.event(DEVICE))  # that of a fault is the example


def _all_announced(said: Ear, topics: Topics) -> bool:
    """Return whether every point of the battery's state has its entity."""
    points = said.document(topics.state(BATTERY)).keys() - {"measured_at"}
    return bool(points) and points <= said.document(topics.config(BATTERY)).get("cmps", {}).keys()


def _all_counted(said: Ear, topics: Topics) -> bool:
    """Return whether the bridge's health is that of after the reads."""
    health, account = said.document(topics.bridge_health), said.document(topics.account("home"))
    told = health.get("accounts", {}).get("home", {}).get("calls_today")
    return health.get("ready") is True and told == account["calls_today"]


# What is told of one topic


def _topic(name: str, words: Mapping[str, str]) -> str:
    """Return a topic with its parts filled in."""
    member = inspect.getattr_static(Topics, name)
    if isinstance(member, property):
        return str(getattr(Topics(), name))
    wanted = [parameter for parameter in inspect.signature(member).parameters if parameter != "self"]
    return str(getattr(Topics(), name)(*(words[parameter] for parameter in wanted)))


def _example(name: str, said: Mapping[str, Example]) -> tuple[str, Example | None]:
    words = {**SAMPLES, "device_id": BATTERY if name == "config" else DEVICE}
    topic = _topic(name, words | ({"key": SETTING} if name in ("setting", "result") else {}))
    return topic, said.get(topic)


def _anchor(topic: str) -> str:
    """Return GitHub's anchor of a heading in code."""
    kept = (letter for letter in topic.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")
    return "".join(kept)


def _overview(name: str, said: Mapping[str, Example]) -> tuple[str, ...]:
    row, topic = ROWS[name], _topic(name, PLACEHOLDERS)
    _, example = _example(name, said)
    retained = "never" if row.asked else "yes" if example is not None and example.retained else "no"
    qos = "any" if row.asked else str(example.qos) if example is not None else ""
    return f"[{code(topic)}](#{_anchor(topic)})", row.way, retained, qos, row.payload


def _section(name: str, said: Mapping[str, Example]) -> str:
    row, topic = ROWS[name], _topic(name, PLACEHOLDERS)
    words = inspect.getdoc(inspect.getattr_static(Topics, name)) or ""
    text = f"\n## {code(topic)}\n\n{words}\n"
    if row.when:
        text += f"\nWhen: {row.when}.\n"
    heard, example = _example(name, said)
    if row.fields is not None:
        _agree(name, row.fields, example)
        text += "\n" + table(("key", ""), ((code(key), meaning) for key, meaning in row.fields.items()))
    if example is None:
        return text
    shown, more = _shown(example.payload)
    kind = "json" if shown.startswith("{") else "text"
    return f"{text}\nOn `{heard}`:\n\n```{kind}\n{shown}\n```\n{more}"


def _agree(name: str, fields: Mapping[str, str], example: Example | None) -> None:
    """Raise ValueError unless the keys that are explained are those that were said."""
    said = set(json.loads(example.payload)) if example is not None else set()
    lacking, surplus = said - fields.keys(), fields.keys() - said
    if name == "attributes":
        lacking = set()  # further facts of the vendor's
    if name in ("event", "result", "audit"):
        surplus = set()  # what is not known is left out
    if lacking or surplus:
        msg = f"reference/topics.py, {name}: not explained {sorted(lacking)}, not said {sorted(surplus)}"
        raise ValueError(msg)


def _shown(payload: str) -> tuple[str, str]:
    """Return an example as it fits on a page, and how much of it is left out."""
    try:
        body = json.loads(payload)
    except ValueError:
        return payload, ""
    if not isinstance(body, dict):
        return payload, ""
    more = ""
    if len(body) > 2 * SHOWN:
        more = f"\nand {len(body) - SHOWN} more keys.\n"
        body = dict(list(body.items())[: SHOWN - 1]) | dict(list(body.items())[-1:])
    components = body.get("cmps")
    if isinstance(components, dict):
        more = f"\nand {len(components) - 1} more components.\n"
        body["cmps"] = dict(list(components.items())[:1])
    return json.dumps(_brief(body), indent=2, ensure_ascii=False), more


def _brief(body: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with long texts cut."""
    if isinstance(body, dict):
        return {key: _brief(value) for key, value in body.items()}
    return body
