"""The broker's session; the only place that knows aiomqtt.

Each connection has a client object and an outbox of its own: a client that is used again sends what
an earlier connection left behind.
"""

from app.brokersettings import Layout, MqttSettings, TlsSettings
from app.mqtt.broker import Broker
from app.mqtt.connection import tls_context, try_connection
from app.mqtt.incoming import Message
from app.mqtt.question import Caller, Heard, Lost, NoBridge, calling

__all__ = [
    "Broker",
    "Caller",
    "Heard",
    "Layout",
    "Lost",
    "Message",
    "MqttSettings",
    "NoBridge",
    "TlsSettings",
    "calling",
    "tls_context",
    "try_connection",
]
