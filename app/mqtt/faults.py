"""What can be wrong with the broker, in words its owner understands."""

import socket
import ssl
from dataclasses import dataclass
from typing import Final

from app.brokersettings import MqttSettings
from app.errors import BrokerError


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no connection."""

    kind: str
    """The same word for the same sort of trouble, so that it is told only once."""
    reason: str
    advice: str
    refused: bool = False
    """Whether waiting alone is unlikely to mend it."""

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return f"{self.reason} {self.advice}".rstrip()

    def error(self) -> BrokerError:
        """Return the same as an error."""
        return BrokerError(self.sentence)


TAKEN_OVER: Final = 142
"""MQTT 5, 2.4: the broker gave the session to another connection with the same client id."""

_ASK = "Ask whoever runs the broker."
_WAIT = "Look into the broker's log if it stays so."
_LOGIN = "Check mqtt.username and mqtt.password."
_CODES: Final = {
    132: Fault(
        "protocol",
        "The broker does not speak this version of MQTT.",
        "Set mqtt.protocol to the other one: 5 or 3.1.1.",
        refused=True,
    ),
    133: Fault(
        "client_id", "The broker does not accept the client id.", "Set another one with mqtt.client_id.", refused=True
    ),
    134: Fault("credentials", "The broker does not accept the user name or password.", _LOGIN, refused=True),
    135: Fault(
        "not_authorised",
        "The broker does not let this user in.",
        f"{_LOGIN[:-1]}, and whether the broker allows this user and client id.",
        refused=True,
    ),
    136: Fault("unavailable", "The broker says that it is not available.", _WAIT),
    137: Fault("busy", "The broker says that it is too busy.", _WAIT),
    138: Fault("banned", "The broker has banned this client.", _ASK, refused=True),
    139: Fault("shutdown", "The broker is shutting down.", "It is tried again until it is back."),
    141: Fault("silent", "The broker did not answer in time.", "Check the network in between."),
    142: Fault(
        "conflict",
        "Another program has connected with the same client id and taken this connection over.",
        "Stop the second instance, or give each its own mqtt.client_id and mqtt.base_topic.",
        refused=True,
    ),
    147: Fault("inflight", "The broker wants fewer messages at once.", "Set mqtt.inflight to a smaller number."),
    149: Fault("too_large", "The broker found a message too large.", "Set mqtt.max_packet to what the broker allows."),
    151: Fault("quota", "The broker says that a quota is used up.", _ASK),
    152: Fault("administrator", "The broker's administrator has closed the connection.", _ASK),
    156: Fault("moved", "The broker says to use another server.", f"{_ASK} Then set mqtt.host.", refused=True),
    157: Fault("moved", "The broker says that it has moved.", f"{_ASK} Then set mqtt.host.", refused=True),
    159: Fault("rate", "The broker says that this client connects too often.", "It is tried again more slowly."),
}
"""MQTT 5 reason codes (docs.oasis-open.org/mqtt/mqtt/v5.0, 2.4); the library gives those of 3.1.1 as these, too."""

_LOGIN_REFUSED: Final = (134, 135)
_NOBODY: Final = Fault(
    "nobody", "The broker lets nobody in without a user name.", "Set mqtt.username and mqtt.password.", refused=True
)

_HOSTNAME_MISMATCH: Final = 62
_IP_MISMATCH: Final = 64
_NOT_YET: Final = 9
_EXPIRED: Final = 10
"""X509_V_ERR_...: docs.openssl.org, X509_STORE_CTX_get_error."""


def explain(settings: MqttSettings, code: int | None, cause: BaseException | None, *, greeted: bool) -> Fault:
    """Return what is wrong, from the broker's reason code and from what the network said.

    `greeted` tells whether the broker had accepted the connection before.
    """
    if code in _LOGIN_REFUSED and not settings.username:
        return _NOBODY
    if code in _CODES:
        return _CODES[code]
    if isinstance(cause, ssl.SSLError):
        return _explain_tls(settings, cause)
    if greeted and not isinstance(cause, TimeoutError):
        return Fault("closed", "The connection to the broker was closed.", "It is tried again until it is back.")
    return _explain_network(settings, cause)


def _explain_network(settings: MqttSettings, cause: BaseException | None) -> Fault:
    host, port = settings.address
    match cause:
        case socket.gaierror():
            return Fault("name", f"The broker's name {host} is not known.", "Check mqtt.host and the name service.")
        case ConnectionRefusedError():
            kind, reason = "unreachable", f"Nothing answers at {host}:{port}."
            advice = "Check that the broker runs, and mqtt.host and mqtt.port."
        case TimeoutError():
            kind, reason = "silent", f"The broker at {host}:{port} does not answer."
            advice = "Check mqtt.host, mqtt.port and the network in between."
        case OSError() if not isinstance(cause, ConnectionError):
            kind, reason = "network", f"The broker at {host}:{port} cannot be reached."
            advice = "Check mqtt.host and the network in between."
        case _:
            kind, reason = "greeting", f"What answers at {host}:{port} hangs up without a word."
            advice = _hint(settings)
    return Fault(kind, reason, advice)


def _hint(settings: MqttSettings) -> str:
    secure = (
        "the port may not speak TLS, which is usual at 8883" if settings.encryption else "the port may speak only TLS"
    )
    hints = ["mqtt.port", f"mqtt.tls ({secure})"]
    if settings.transport == "websockets":
        hints.append("mqtt.websocket_path")
    if settings.encryption and not settings.encryption.certificate:
        hints.append("mqtt.tls.certificate (the broker may want one)")
    if settings.protocol == "5":
        hints.append("mqtt.protocol (the broker may know only 3.1.1)")
    return f"Check {', '.join(hints[:-1])} and {hints[-1]}."


def _explain_tls(settings: MqttSettings, error: ssl.SSLError) -> Fault:
    host, port = settings.address
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in (_HOSTNAME_MISMATCH, _IP_MISMATCH):
            name = (settings.encryption and settings.encryption.server_name) or host
            return Fault(
                "certificate_name",
                f"The broker's certificate was not made for the name {name}.",
                "Set mqtt.host or mqtt.tls.server_name to the name in the certificate.",
                refused=True,
            )
        if error.verify_code == _EXPIRED:
            advice = "Renew it, and check this machine's clock."
            return Fault("certificate_expired", "The broker's certificate has expired.", advice, refused=True)
        if error.verify_code == _NOT_YET:
            advice = (
                "Check this machine's clock, which seems to be behind, and the broker's when the certificate was made."
            )
            return Fault("certificate_early", "The broker's certificate is not valid yet.", advice, refused=True)
        return Fault(
            "certificate",
            f"The broker's certificate is not trusted ({error.verify_message}).",
            "Set mqtt.tls.ca to the file of the authority that issued it.",
            refused=True,
        )
    why = getattr(error, "reason", None) or "no reason given"
    return Fault(
        "tls",
        f"No encrypted connection to {host}:{port} comes about ({why}).",
        "Check that mqtt.port is the broker's TLS port, and mqtt.tls.certificate if the broker wants one.",
        refused=True,
    )
