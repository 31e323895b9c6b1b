"""The section `commands` of the configuration."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from app.commands.request import LONGEST_TTL

MINUTE: Final = timedelta(minutes=1)


class CommandSettings(BaseModel):
    """Whether and what may be changed over MQTT."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    enabled: bool = False
    """Whether settings may be changed at all."""
    allow: tuple[str, ...] = ("*/*/*",)
    """Globs of `<account>/<device id>/<point>`: what may be changed."""
    deny: tuple[str, ...] = ()
    """Globs of the same kind: what may not, whatever `allow` says."""
    allow_dangerous: bool = False
    """Whether settings are offered that can harm (grid codes, resets, protection), each asking for `confirm_token`."""
    confirm_token: SecretStr | None = Field(default=None, min_length=8)
    """What a command for a dangerous setting must bring along as `confirm`."""
    write_via: tuple[str, ...] = ()
    """Where several accounts see a device: those that change settings, in order; without it, by `priority`."""
    ttl: timedelta = Field(default=MINUTE, gt=timedelta(0), le=LONGEST_TTL)
    """How long a command may wait before it is sent, unless it says otherwise."""
    writes_per_day: int = Field(default=50, ge=1, le=10_000)
    """Of one device, in 24 hours: settings live in memory that wears out."""
    pause: timedelta = Field(default=timedelta(seconds=5), ge=timedelta(0), le=timedelta(hours=1))
    """Between two writes of one device."""
    merge: timedelta = Field(default=timedelta(seconds=2), ge=timedelta(0), le=timedelta(seconds=30))
    """How long parts of one setting (a window's start, its end) are collected into one write."""
    read_back: tuple[timedelta, ...] = (timedelta(seconds=15), MINUTE, 5 * MINUTE, 10 * MINUTE)
    """When after a write to look whether it has arrived; clouds show it late."""

    @field_validator("read_back")
    @classmethod
    def _ordered(cls, spans: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        if not spans or list(spans) != sorted(set(spans)) or spans[0] <= timedelta(0) or spans[-1] > timedelta(hours=1):
            msg = "must be spans of time, each longer than the one before, up to an hour"
            raise ValueError(msg)
        return spans

    @field_validator("allow", "deny")
    @classmethod
    def _globs(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        for glob in globs:
            if glob.count("/") != 2:  # noqa: PLR2004 - account, device, point
                msg = f"each is <account>/<device id>/<point>, with * for any: {glob!r} is not"
                raise ValueError(msg)
        return globs

    def permits(self, account: str, device_id: str, key: str, changed: Collection[str]) -> bool:
        """Return whether a command for a point or composite may change the points that it would change."""

        def match(globs: Iterable[str], name: str) -> bool:
            return any(fnmatchcase(f"{account}/{device_id}/{name}", glob) for glob in globs)

        allowed = match(self.allow, key) or (changed and all(match(self.allow, name) for name in changed))
        return bool(allowed) and not any(match(self.deny, name) for name in {key, *changed})
