"""The sections of the configuration, each key with its default; what they mean is in docs/configuration.md.

The broker's, Home Assistant's and each provider's section belong to those modules.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from app import providers
from app.commands import CommandSettings
from app.model import Feed
from app.mqtt import MqttSettings
from app.pace import DISCOVERY
from app.providers import ProviderSettings
from app.sinks.homeassistant import HomeAssistantSettings
from app.store import OfflinePolicy

STRICT: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)

Duration: TypeAlias = Annotated[timedelta, Field(gt=timedelta(0))]
"""A span of time; in the file `90s`, `5m`, `1h` or `2d`."""

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
PointName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Za-z0-9_-]+)/[A-Za-z0-9_-]+$")]

POLL: Final = "poll"
"""The core's own key in an account's section."""
LAYERS: Final = "layers"
"""The argument under which `Config` is handed its sources, the first of them the strongest."""


class PollSettings(BaseModel):
    """How often one feed is read, instead of its default."""

    model_config = STRICT

    every: Duration | None = Field(default=None, description="By day; never faster than the feed's guarded minimum")
    night: Duration | None = Field(
        default=None, description="By night; without it the feed's default, or `every` if that is longer"
    )


@dataclass(frozen=True, slots=True)
class AccountSection:
    """One account: what its provider wants to know, and what the core does."""

    settings: ProviderSettings
    poll: Mapping[str, PollSettings]
    """By the feed's name."""


@cache
def account_model(provider: str) -> type[BaseModel]:
    """Return the model of an account's whole section; raise ConfigError for an unknown provider."""
    module, title = providers.load(provider), provider.capitalize()
    feeds: dict[str, Any] = {}
    for feed in (*module.FEEDS, DISCOVERY):
        model = _feed_model(title, feed)
        feeds[feed.name] = (model, Field(default_factory=model, description=f"Its default has a reason: {feed.reason}"))
    poll = cast("type[BaseModel]", create_model(f"{title}Poll", __config__=STRICT, **feeds))
    words = Field(default_factory=poll, description="Per feed: `every` and `night`")
    return cast(
        "type[BaseModel]",
        create_model(f"{title}Account", __base__=module.Settings, **{POLL: cast("Any", (poll, words))}),
    )


def _feed_model(title: str, feed: Feed) -> type[PollSettings]:
    """Return what may be wished of one feed: what is too fast for the account is a fault like any other."""
    fields = PollSettings.model_fields
    span = Annotated[timedelta, Field(ge=feed.minimum)] | None
    wishes: dict[str, Any] = {
        name: (span, Field(default=None, description=field.description)) for name, field in fields.items()
    }
    return create_model(f"{title}{feed.name.capitalize()}Poll", __base__=PollSettings, **wishes)


_NO_SECTION: Final = "model_type"
_NO_PROVIDER: Final = "unknown_provider"
_NO_ACCOUNT: Final = "unknown_account"


def _account(raw: object) -> AccountSection:
    """Check an account's section against its provider's own model."""
    if isinstance(raw, AccountSection):
        return raw
    if not isinstance(raw, Mapping):
        raise PydanticCustomError(_NO_SECTION, _NO_SECTION)
    name = raw.get("provider")
    if name not in providers.available():
        fault = "missing" if name is None else PydanticCustomError(_NO_PROVIDER, _NO_PROVIDER)
        line = InitErrorDetails(type=fault, loc=("provider",), input=None)
        raise ValidationError.from_exception_data(_NO_PROVIDER, [line], hide_input=True)
    checked = account_model(str(name)).model_validate(dict(raw))
    poll: BaseModel = getattr(checked, POLL)
    wished = {feed: getattr(poll, feed) for feed in type(poll).model_fields if feed in poll.model_fields_set}
    return AccountSection(cast("ProviderSettings", checked), wished)


class PointSettings(BaseModel):
    """What the owner knows better about a point."""

    model_config = STRICT

    invert: bool = Field(
        default=False, description="The value counts backwards, as with a reversed current transformer"
    )
    scale: float = Field(default=1.0, description="The value is multiplied by this")


class DeviceSettings(BaseModel):
    """What the owner wants of one device."""

    model_config = STRICT

    name: str | None = Field(
        default=None, min_length=1, description="Shown instead of the vendor's name; topics and ids do not change"
    )
    offline_policy: OfflinePolicy | None = Field(
        default=None, description="For this device, instead of the general one"
    )
    write_via: Name | None = Field(
        default=None, description="The one account that changes its settings, where several see it"
    )


class PlausibilitySettings(BaseModel):
    """Which readings are believed, and for how long."""

    model_config = STRICT

    stale_after: Duration = Field(
        default=timedelta(minutes=30), description="Readings older than this are not of the moment any more"
    )
    future: Duration = Field(default=timedelta(minutes=10), description="How far ahead of ours a vendor's clock may be")
    confirmations: int = Field(
        default=3, ge=1, le=100, description="Readings in a row that make a counter's drop or jump true"
    )
    midnight: Duration = Field(
        default=timedelta(hours=1),
        le=timedelta(hours=6),
        description="How far from midnight a day's counter may be reset",
    )
    night_from: time = Field(default=time(22, 0), description="When the night begins, by the plant's clock: feeds rest")
    night_until: time = Field(default=time(5, 0), description="When it ends")


class WebSettings(BaseModel):
    """The HTTP server."""

    model_config = STRICT

    enabled: bool = Field(default=True, description="Whether there is one")
    host: str = Field(default="127.0.0.1", min_length=1, description="Where it listens; 0.0.0.0 for all interfaces")
    port: int = Field(default=9876, ge=0, le=65535, description="0 for any free one")
    token: SecretStr | None = Field(
        default=None, min_length=8, description="Asked for as `Authorization: Bearer ...`, but for /livez and /readyz"
    )
    metrics_points: bool = Field(default=True, description="Whether /metrics holds the devices' values too")
    metrics_tail: bool = Field(default=False, description="And among them those that hardly anybody wants")


class LogSettings(BaseModel):
    """The log."""

    model_config = STRICT

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least that is said")
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: for people on a terminal, else JSON"
    )


def default_state() -> Path:
    """Return where the state is kept: systemd's folder, else `/data` (containers), else the user's own."""
    given = os.environ.get("STATE_DIRECTORY")  # systemd.exec(5), StateDirectory=
    if given:  # first, because a `/data` outside of containers is somebody else's
        return Path(given.split(":")[0])
    data = Path("/data")
    if data.is_dir() and os.access(data, os.W_OK):
        return data
    home = os.environ.get("XDG_STATE_HOME")  # specifications.freedesktop.org/basedir-spec
    return (Path(home) if home else Path.home() / ".local" / "state") / "heliopost"


class Config(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)

    accounts: Annotated[dict[Name, Annotated[AccountSection, PlainValidator(_account)]], Field(min_length=1)] = Field(
        description="The logins at the vendors, by a name of your own"
    )
    mqtt: MqttSettings = Field(default=MqttSettings(), description="The broker")
    homeassistant: HomeAssistantSettings = Field(default=HomeAssistantSettings(), description="Discovery")
    commands: CommandSettings = Field(default=CommandSettings(), description="Changing settings over MQTT")
    points: dict[PointName, PointSettings] = Field(
        default_factory=dict, description="Corrections, by `<device id>/<point>` or `*/<point>` for all devices"
    )
    devices: dict[Name, DeviceSettings] = Field(default_factory=dict, description="By device id")
    offline_policy: OfflinePolicy = Field(
        default=OfflinePolicy.KEEP, description="What becomes of a stale device's values"
    )
    plausibility: PlausibilitySettings = Field(default=PlausibilitySettings(), description="What is believed")
    web: WebSettings = Field(default=WebSettings(), description="Metrics, health and values over HTTP")
    log: LogSettings = Field(default=LogSettings(), description="The log")
    state: Path = Field(default_factory=default_state, description="The folder for what must outlive a restart")

    @model_validator(mode="after")
    def _named_accounts(self) -> Self:
        """Accounts that are named elsewhere must exist."""
        named: list[tuple[tuple[str, ...], str | None]]
        named = [(("commands", "write_via"), name) for name in self.commands.write_via]
        named += [(("devices", device, "write_via"), own.write_via) for device, own in self.devices.items()]
        known = ", ".join(sorted(self.accounts))
        fault = PydanticCustomError(_NO_ACCOUNT, "must name accounts: there are {known}", {"known": known})
        lines = [
            InitErrorDetails(type=fault, loc=loc, input=None)
            for loc, name in named
            if name is not None and name not in self.accounts
        ]
        if lines:
            raise ValidationError.from_exception_data(_NO_ACCOUNT, lines, hide_input=True)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - (same)
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - (same)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - (same)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources that were handed in, or the plain arguments: nothing is read behind the caller's back."""
        layers = cast("InitSettingsSource", init_settings).init_kwargs.get(LAYERS)
        return (init_settings,) if layers is None else tuple(layers)

    def secrets(self) -> frozenset[str]:
        """Return every secret value, for the log to strike out."""
        return frozenset(_secrets(self))


def _secrets(thing: object) -> Iterator[str]:
    if isinstance(thing, SecretStr):
        if thing.get_secret_value():
            yield thing.get_secret_value()
    elif isinstance(thing, BaseModel):
        for name in type(thing).model_fields:
            yield from _secrets(getattr(thing, name))
    elif isinstance(thing, AccountSection):
        yield from _secrets(thing.settings)
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _secrets(value)
    elif isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
        for value in thing:
            yield from _secrets(value)
