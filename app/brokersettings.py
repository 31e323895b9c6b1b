"""The broker as its owner describes it: a section of the configuration."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

STRICT: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Layout(StrEnum):
    """How a device's values are spread over topics."""

    JSON = "json"
    """One JSON object a device."""
    POINTS = "points"
    """One topic a point, with a plain value."""
    BOTH = "both"


class TlsSettings(BaseModel):
    """How the connection is encrypted, and who is trusted."""

    model_config = STRICT

    ca: Path | None = Field(
        default=None, description="File with the certificates to trust (PEM); none for those of the system"
    )
    certificate: Path | None = Field(default=None, description="File with this client's own certificate (PEM)")
    key: Path | None = Field(
        default=None, description="File with the certificate's private key (PEM), if it is not in the same file"
    )
    key_password: SecretStr | None = Field(default=None, min_length=1, description="Password of the private key")
    server_name: str | None = Field(
        default=None, description="The name the broker's certificate must carry, if it is not `host`"
    )
    insecure: bool = Field(
        default=False, description="Trust any certificate: whoever sits in between can read and change everything"
    )

    @model_validator(mode="after")
    def _key_with_certificate(self) -> Self:
        if (self.key or self.key_password) and not self.certificate:
            msg = "key and key_password belong to a certificate: set certificate too"
            raise ValueError(msg)
        return self


class MqttSettings(BaseModel):
    """The broker's section of the configuration."""

    model_config = STRICT

    host: str = Field(default="localhost", min_length=1, description="Name or address of the broker")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="1883, with TLS 8883; with websockets 80, with TLS 443"
    )
    username: str | None = Field(default=None, description="As whom the broker knows Heliopost")
    password: SecretStr | None = Field(default=None, min_length=1, description="Of that user")
    protocol: Annotated[Literal["5", "3.1.1"], BeforeValidator(str)] = Field(
        default="5", description="MQTT version; 3.1.1 for brokers that know no 5"
    )
    client_id: str | None = Field(
        default=None, min_length=1, max_length=128, description="Default: made from this installation's id"
    )
    transport: Literal["tcp", "websockets"] = Field(
        default="tcp", description="websockets for brokers that are behind a web server"
    )
    websocket_path: str = Field(default="/mqtt", pattern=r"^/", description="Only with websockets")
    tls: bool | TlsSettings = Field(default=False, description="true, or a section with ca, certificate, key, ...")
    keepalive: int = Field(
        default=30, ge=1, le=65535, description="Seconds; a dead connection is noticed after up to twice as long"
    )
    base_topic: str = Field(default="heliopost", min_length=1, max_length=200, description="All topics begin with it")
    max_packet: int = Field(
        default=256 * 1024, ge=1024, le=268_435_455, description="Bytes; larger messages are not sent"
    )
    inflight: int = Field(default=50, ge=1, le=1000, description="Messages on their way at once")
    layout: Layout = Field(default=Layout.JSON, description="One JSON message a device, one topic a point, or both")
    retain: bool = Field(default=True, description="Whether the broker keeps the last values for those who come later")
    will_delay: timedelta = Field(
        default=timedelta(seconds=15),
        ge=timedelta(0),
        description="How long the broker waits for our return before it says offline for us (MQTT 5)",
    )
    state_expiry: timedelta | None = Field(
        default=None,
        ge=timedelta(minutes=1),
        description="The broker forgets values after this time (MQTT 5); longer than heartbeat",
    )
    heartbeat: timedelta = Field(
        default=timedelta(minutes=30),
        ge=timedelta(seconds=10),
        description="Values are sent again after this time, changed or not",
    )
    reconnect_min: timedelta = Field(
        default=timedelta(seconds=1), gt=timedelta(0), description="Shortest wait before connecting again"
    )
    reconnect_max: timedelta = Field(
        default=timedelta(seconds=60), gt=timedelta(0), description="Longest wait before connecting again"
    )

    @field_validator("base_topic")
    @classmethod
    def _plain_topic(cls, topic: str) -> str:
        if any(letter in "+#" or not letter.isprintable() for letter in topic):
            msg = "a topic to publish below must not hold + or # or control characters"
            raise ValueError(msg)
        if topic.startswith(("/", "$")) or topic.endswith("/") or "//" in topic:
            msg = "a topic to publish below must not begin with / or $, end with / or hold an empty level"
            raise ValueError(msg)
        return topic

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.password is not None and self.username is None:
            msg = "a password needs a username"
            raise ValueError(msg)
        if self.reconnect_min > self.reconnect_max:
            msg = "reconnect_min must not be longer than reconnect_max"
            raise ValueError(msg)
        if self.state_expiry is not None and self.state_expiry <= self.heartbeat:
            msg = "state_expiry must be longer than heartbeat, or values that do not change vanish in between"
            raise ValueError(msg)
        return self

    @property
    def encryption(self) -> TlsSettings | None:
        """The TLS section, or None for an unencrypted connection."""
        if isinstance(self.tls, TlsSettings):
            return self.tls
        return TlsSettings() if self.tls else None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, the port by default that of the transport."""
        if self.port is not None:
            return self.host, self.port
        plain, encrypted = (80, 443) if self.transport == "websockets" else (1883, 8883)
        return self.host, encrypted if self.encryption else plain
