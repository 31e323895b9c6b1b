"""MQTT 5's properties of packets, and how large a packet becomes."""

from collections.abc import Mapping
from typing import Final

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

HEADER: Final = 9
"""Bytes of a PUBLISH packet beside topic, properties and payload: at most 5 of header, 2 of length, 2 of id."""


def packed(kind: int, **values: object) -> Properties:
    """Return MQTT 5 properties of one kind of packet, by their names without spaces."""
    properties = Properties(kind)  # type: ignore[no-untyped-call]  # paho types only half of itself
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def packet_size(topic: str, payload: bytes, properties: Properties | None) -> int:
    """Return how many bytes a PUBLISH takes, or a few more."""
    extra = len(properties.pack()) if properties is not None else 1  # type: ignore[no-untyped-call]  # as above
    return HEADER + len(topic.encode()) + extra + len(payload)


class PublishProperties:
    """Makes the properties of messages; those that only expire are made once for each expiry, for they are many."""

    def __init__(self) -> None:
        self._expiries: dict[int, Properties] = {}

    def make(self, expiry: int | None, user: Mapping[str, str] | None, correlation: bytes | None) -> Properties:
        """Return properties with an expiry in seconds, user properties and correlation data, each if given."""
        if expiry is not None and not user and correlation is None:
            if (known := self._expiries.get(expiry)) is None:
                known = self._expiries[expiry] = packed(PacketTypes.PUBLISH, MessageExpiryInterval=expiry)
            return known
        values: dict[str, object] = {}
        if expiry is not None:
            values["MessageExpiryInterval"] = expiry
        if user:
            values["UserProperty"] = list(user.items())
        if correlation is not None:
            values["CorrelationData"] = correlation
        return packed(PacketTypes.PUBLISH, **values)
