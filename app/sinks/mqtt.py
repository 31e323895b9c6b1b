"""The outlet that puts every device's values, availability and facts on MQTT, and every account's state."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.brokersettings import Layout, MqttSettings
from app.clock import Clock
from app.model import AccountStatus, CommandStatus, Device, Event, Value
from app.sinks import News, Publisher
from app.store import Gone, Update
from app.topics import Topics

DIGITS: Final = 6
"""Decimals of a number: more than any device measures, fewer than where binary fractions make noise."""
WHOLE: Final = 1e15
"""Beyond it a float cannot tell whole numbers apart any more."""


class MqttSink:
    """Publishes what is new of a device, and everything of it on a replay.

    All it keeps is what it last said, so as not to repeat itself; a replay repeats everything.
    """

    def __init__(self, publisher: Publisher, topics: Topics, settings: MqttSettings, clock: Clock) -> None:
        self._publisher = publisher
        self._topics = topics
        self._retain = settings.retain
        self._json = settings.layout in (Layout.JSON, Layout.BOTH)
        self._points = settings.layout in (Layout.POINTS, Layout.BOTH)
        expiry = settings.state_expiry
        self._expiry = (
            None if expiry is None else max(1, math.ceil(clock.real(expiry)))
        )  # the broker's seconds are real
        self._available: dict[str, bool] = {}
        self._facts: dict[str, str] = {}
        self._devices: dict[str, Device] = {}
        self._commands: dict[str, dict[str, Mapping[str, Any]]] = {}
        """By device and point: how its newest command goes."""

    async def publish(self, news: News) -> None:
        """Pass on one piece of news."""
        match news:
            case Update():
                self._update(news)
            case Gone():
                self._gone(news)
            case AccountStatus():
                self._publisher.publish(self._topics.account(news.account), _compact(_account(news)), retain=True)
            case CommandStatus():
                self._commands.setdefault(news.device_id, {})[news.key] = news.body
                if news.device_id in self._devices:
                    self._describe(self._devices[news.device_id], again=False)
            case Event():
                data = {key: _tidy(value) for key, value in news.data.items()}
                body = {**data, "event_type": news.type, "at": _moment(news.at)}
                self._publisher.publish(self._topics.event(news.device.id), _compact(body))

    def _update(self, news: Update) -> None:
        device, publish, topics = news.device, self._publisher.publish, self._topics
        if news.described or news.first or news.replay:
            self._describe(device, again=news.replay)
        if news.changed or news.first or news.replay:
            if self._json:
                publish(topics.state(device.id), state(news), retain=self._retain, expiry=self._expiry)
            if self._points:
                self._plain(news)
        if news.replay or self._available.get(device.id) is not news.available:
            self._available[device.id] = news.available
            publish(topics.availability(device.id), "online" if news.available else "offline", retain=True)

    def _describe(self, device: Device, *, again: bool) -> None:
        self._devices[device.id] = device
        commands = self._commands.get(device.id)
        facts = _compact({**attributes(device), **({"commands": commands} if commands else {})})
        if again or self._facts.get(device.id) != facts:
            self._facts[device.id] = facts
            self._publisher.publish(self._topics.attributes(device.id), facts, retain=True)

    def _plain(self, news: Update) -> None:
        publish, point, device_id = self._publisher.publish, self._topics.point, news.device.id
        retain, expiry, everything = self._retain, self._expiry, news.replay
        for key, value in news.values.items():
            if everything or key in news.changed or key in news.first:
                publish(point(device_id, key), plain(value), retain=retain, expiry=expiry)

    def _gone(self, news: Gone) -> None:
        """Clear whatever the broker may keep of the device, under any layout."""
        device_id, topics = news.device.id, self._topics
        self._available.pop(device_id, None)
        for kept in (self._facts, self._devices, self._commands):
            kept.pop(device_id, None)
        rest = (topics.availability(device_id), topics.attributes(device_id))
        for topic in (topics.state(device_id), *(topics.point(device_id, key) for key in news.points), *rest):
            self._publisher.publish(topic, "", retain=True)


def state(news: Update) -> str:
    """Return all values of a device as one JSON object: every key is there, null where the value is unknown."""
    body: dict[str, Value | None] = {key: _tidy(news.values.get(key)) for key in news.points}
    body["measured_at"] = _moment(news.measured_at)
    return _compact(body)


def attributes(device: Device) -> Mapping[str, Value | None]:
    """Return the facts about a device that are not measured; null where the vendor does not tell."""
    return {
        **device.attributes,
        "name": device.name,
        "kind": device.kind,
        "model": device.model or None,
        "serial": device.serial or None,
        "manufacturer": device.manufacturer or None,
        "firmware": device.firmware or None,
        "via": device.via,
        "account": device.account,
        "rated_power": _tidy(device.rated_power),
        "time_zone": str(device.zone) if device.zone else None,
    }


def plain(value: Value | None) -> str:
    """Return a value as the text of a topic of its own: on and off for truth, nothing at all where it is unknown.

    Nothing at all also makes the broker forget a retained value.
    """
    value = _tidy(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _account(status: AccountStatus) -> Mapping[str, Value | None]:
    return {
        "state": status.state,
        "until": _moment(status.until),
        "reason": status.reason,
        "last_poll": _moment(status.last_poll),
        "next_poll": _moment(status.next_poll),
        "calls_today": status.calls_today,
        "budget": status.budget,
        "stretch": _tidy(status.stretch),
        "read_only": status.read_only,
        "clock_offset": None if status.clock_offset is None else round(status.clock_offset.total_seconds()),
        "provider": status.provider,
        "api": status.api,
    }


def _tidy(value: Value | None) -> Value | None:
    """Return a number as short as it can be said, and None for what is no number at all."""
    if value.__class__ is not float:
        return value
    number: float = value
    if -WHOLE < number < WHOLE:
        whole = int(number)
        return whole if whole == number else round(number, DIGITS)
    return number if math.isfinite(number) else None


def _moment(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with its offset, in whole seconds of UTC."""
    return (
        None if at is None else (at.astimezone(UTC) if at.utcoffset() != timedelta() else at).isoformat("T", "seconds")
    )


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _compact(body: Mapping[str, Any]) -> str:
    return _ENCODER.encode(body)
