"""The section `homeassistant` of the configuration."""

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from app.sinks.homeassistant.tables import SINCE
from app.sinks.homeassistant.versions import Version, parse_version

Language = Literal["en", "de", "nl", "fr", "es", "it", "pt", "pl"]
Mode = Literal["device", "single"]
Icon = Annotated[str, StringConstraints(pattern=r"^mdi:[a-z0-9-]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EntityOverride(BaseModel):
    """What the owner wants otherwise for one entity; what is left out stays as it is derived."""

    model_config = _STRICT

    enabled: bool | None = None
    """Whether Home Assistant enables it when it first sees it."""
    name: Name | None = None
    """Instead of the derived name; the entity id does not change."""
    icon: Icon | None = None
    """Such as `mdi:solar-power`."""
    precision: int | None = Field(default=None, ge=0, le=6)
    """Decimals shown."""
    category: Literal["primary", "diagnostic"] | None = None
    """Whether it stands among the device's sensors or in its diagnostic box."""


_NOTHING = EntityOverride()
BRIDGE_PREFIX: Final = "heliopost_"
"""The id of the bridge's own device begins with it, and no vendor's does."""


class HomeAssistantSettings(BaseModel):
    """How devices are announced to Home Assistant."""

    model_config = _STRICT

    enabled: bool = True
    """False also takes back what was announced before."""
    discovery_prefix: str = "homeassistant"
    """Home Assistant's own prefix for discovery, as its MQTT options have it."""
    status_topic: str | None = None
    """Where Home Assistant says that it has started; None for `<discovery_prefix>/status`."""
    status_online: str = "online"
    """What it says there."""
    minimum_version: str = "2025.4"
    """The oldest release of Home Assistant in use; newer features wait for it."""
    mode: Mode = "device"
    """One message a device, or one an entity."""
    language: Language = "en"
    """Of the names; ids and topics are the same in every language."""
    settle: timedelta = Field(default=timedelta(seconds=2), ge=timedelta(milliseconds=10), le=timedelta(minutes=1))
    """How long passes between what is new of a device and its announcement, and between two of its announcements."""
    birth_jitter: timedelta = Field(default=timedelta(seconds=30), ge=timedelta(0), le=timedelta(minutes=10))
    """After Home Assistant's start everything is announced again within this time."""
    pace: float = Field(default=20, gt=0, le=1000)
    """Devices announced a second, at most."""
    include: tuple[str, ...] = ()
    """Globs of `<device id>/<point>`; if there are any, only what matches one is announced, and the bridge itself."""
    exclude: tuple[str, ...] = ()
    """Globs of `<device id>/<point>` that are not announced; the bridge itself only where one begins with its name."""
    entities: dict[str, EntityOverride] = Field(default_factory=dict)
    """By `<device id>/<point>`, or `*/<point>` for every device."""
    command_expiry: timedelta | None = Field(default=None, ge=timedelta(seconds=1), le=timedelta(days=1))
    """How long a broker may keep what a control has sent for a bridge that is away: for Home Assistant from 2026.6,
    if it speaks MQTT 5 with the broker (else its controls fail)."""
    areas: dict[str, Name] = Field(default_factory=dict)
    """The area that is suggested for a device, by its id."""

    @field_validator("discovery_prefix", "status_topic")
    @classmethod
    def _topic(cls, topic: str | None) -> str | None:
        if topic is not None and (not topic or topic != topic.strip("/") or set(topic) & set("+#\0$ ")):
            msg = "must be a topic without spaces, wildcards (+ and #) and without a slash at either end"
            raise ValueError(msg)
        return topic

    @field_validator("minimum_version", mode="before")
    @classmethod
    def _release(cls, text: object) -> str:
        return str(parse_version(text if isinstance(text, str) else ""))  # YAML makes 2025.10 the number 2025.1

    @field_validator("include", "exclude")
    @classmethod
    def _globs(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(glob if "/" in glob else f"{glob}/*" for glob in globs)

    @field_validator("entities")
    @classmethod
    def _paths(cls, entities: dict[str, EntityOverride]) -> dict[str, EntityOverride]:
        for path in entities:
            if path.count("/") != 1 or path.startswith("/") or path.endswith("/"):
                msg = "each key is <device id>/<point>, or */<point> for every device"
                raise ValueError(msg)
        return entities

    @model_validator(mode="after")
    def _expiring(self) -> Self:
        if self.command_expiry is not None and self.version < SINCE["msg_exp_int"]:
            msg = f"command_expiry is only known to Home Assistant from {SINCE['msg_exp_int']}: set minimum_version"
            raise ValueError(msg)
        return self

    @property
    def version(self) -> Version:
        """The oldest release of Home Assistant in use."""
        return parse_version(self.minimum_version)

    def wants(self, device_id: str, key: str) -> bool:
        """Return whether a point of a device is to be announced."""
        path = f"{device_id}/{key}"
        if self.include and not any(fnmatchcase(path, glob) for glob in self.include):
            return False
        return not any(fnmatchcase(path, glob) for glob in self.exclude)

    def wants_of_bridge(self, device_id: str, key: str) -> bool:
        """Return whether an entity of the bridge's own device is to be announced.

        The devices hang below it, and its connectivity explains theirs: globs that are meant for values of
        devices (`*/pv_power`, `*/status`) leave it alone, only one that names it (`heliopost_*/log_level`) does not.
        """
        named = (glob for glob in self.exclude if glob.startswith(BRIDGE_PREFIX))
        return not any(fnmatchcase(f"{device_id}/{key}", glob) for glob in named)

    def override(self, device_id: str, key: str) -> EntityOverride:
        """Return what the owner wants otherwise; what is said of one device wins over what is said of all."""
        everywhere = self.entities.get(f"*/{key}")
        here = self.entities.get(f"{device_id}/{key}")
        if everywhere is None or here is None:
            return here or everywhere or _NOTHING
        return everywhere.model_copy(update=here.model_dump(exclude_none=True))
