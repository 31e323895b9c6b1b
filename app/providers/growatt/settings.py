"""A Growatt account's section of the configuration."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError
from yarl import URL

from app.providers import ProviderSettings


class Region(StrEnum):
    """Where Growatt keeps the account."""

    EUROPE = "europe"
    CHINA = "china"
    NORTH_AMERICA = "north_america"
    AUSTRALIA = "australia"
    SMTEN = "smten"
    ATESS = "atess"


HOSTS: Final[Mapping[Region, str]] = {
    Region.EUROPE: "https://openapi.growatt.com/",
    Region.CHINA: "https://openapi-cn.growatt.com/",
    Region.NORTH_AMERICA: "https://openapi-us.growatt.com/",
    Region.AUSTRALIA: "https://openapi-au.growatt.com/",
    Region.SMTEN: "http://server.smten.com/",
    Region.ATESS: "http://ess-server.atesspower.com/",
}
"""As Home Assistant's growatt_server offers them (const.py, SERVER_URLS); the last two speak no TLS."""

USER_AGENT: Final = "Dalvik/2.1.0 (Linux; U; Android 12; Heliopost)"
"""Looks like an app, which Growatt's firewall wants, and says who we are; the name of growattServer was on its
block list at times (indykoning/PyPi_GrowattServer#97), so we do not borrow that."""

EXAMPLE_USERNAME: Final = "your user name"
EXAMPLE_PASSWORD: Final = "your password"  # noqa: S105 - what stands in config.example.yaml
"""A login with them would be one of a stranger's, or the first wrong one on the way to a lockout."""
EXAMPLE_TOKEN: Final = "your token"  # noqa: S105 - as above

LOGINS: Final[Mapping[str, tuple[str, ...]]] = {"shinephone": ("username", "password"), "openapi": ("token",)}
"""By api: the keys that tell Growatt who asks."""
_UNSET: Final = object()
_MISSING: Final = "missing"
_SHORT: Final = "string_too_short"


def _of_one_api() -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Return a field whose validator asks for it where the interface needs it."""
    return Field(default_factory=lambda: _UNSET, validate_default=True, json_schema_extra={"minLength": 1})


class Settings(ProviderSettings):
    """Growatt's section of the configuration."""

    provider: Literal["growatt"] = "growatt"
    api: Literal["shinephone", "openapi"] = "shinephone"
    """Which of Growatt's interfaces: `shinephone` is the one of the mobile app (user name and password), `openapi` the
    documented one (token)."""
    username: str = _of_one_api()
    """The user name of the ShinePhone app; a visitor's login is enough for reading. With `api: shinephone`."""
    password: SecretStr = _of_one_api()
    """Of that login."""
    token: SecretStr = _of_one_api()
    """The API token, instead of user name and password. With `api: openapi`."""
    region: Region = Region.EUROPE
    """Where the account lives."""
    server_url: str | None = None
    """The server's address, instead of the region's."""
    timezone: str | None = None
    """The plants' time zone, such as `Europe/Berlin`; without it Growatt's own offset counts, without summer time."""
    user_agent: str | None = None
    """The name to show to Growatt's servers, sent exactly as given; only needed when they refuse the usual one."""

    @field_validator("username", "password", "token", mode="before")
    @classmethod
    def _of_its_api(cls, value: object, info: ValidationInfo) -> object:
        """Ask for the keys that the interface needs, and for no others: nobody shall think that they matter."""
        api, key = info.data.get("api"), info.field_name
        needed = api is None or key in LOGINS[api]  # an unknown api is itself a fault, which says enough
        if value is _UNSET and api is not None and needed:
            raise PydanticKnownError(_MISSING)
        if value in ("", SecretStr("")):
            raise PydanticKnownError(_SHORT, {"min_length": 1})
        if value is not _UNSET and not needed:
            other = next(name for name, keys in LOGINS.items() if key in keys)
            msg = f"belongs to `api: {other}`, and this account has `api: {api}`: remove one of the two"
            raise ValueError(msg)
        return "" if value is _UNSET else value

    @field_validator("token")
    @classmethod
    def _a_token(cls, value: SecretStr) -> SecretStr:
        words = value.get_secret_value()
        if words and words != EXAMPLE_TOKEN and not (words.isascii() and words.isprintable() and " " not in words):
            msg = "must be one word of plain (ASCII) letters and digits, as Growatt shows it"
            raise ValueError(msg)
        return value

    @field_validator("server_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = URL(value)
            usable = (
                url.scheme in {"http", "https"}
                and bool(url.host)
                and not (url.query_string or url.fragment or url.user)
            )
        except ValueError:
            usable = False
        if not usable:
            msg = "must be an address such as https://openapi.growatt.com/"
            raise ValueError(msg)
        return value.rstrip("/") + "/"

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            ZoneInfo(value)
        except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError and lands below
            pass
        except KeyError:
            pass
        else:
            return value
        msg = "must be the name of a time zone, such as Europe/Berlin"
        raise ValueError(msg)

    @field_validator("user_agent")
    @classmethod
    def _a_header(cls, value: str | None) -> str | None:
        if value is not None and not (value.strip() and value.isprintable() and value.isascii()):
            msg = "must be one line of plain (ASCII) text"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _a_login_of_ones_own(self) -> Self:
        if self.server_url is None:  # a server of one's own, such as a simulated one, may know such a user
            left = {
                "username": self.username == EXAMPLE_USERNAME,
                "password": self.password.get_secret_value() == EXAMPLE_PASSWORD,
                "token": self.token.get_secret_value() == EXAMPLE_TOKEN,
            }
            if any(left.values()):
                keys = " and ".join(key for key, still in left.items() if still)
                what = "token of your Growatt account" if left["token"] else "login of your ShinePhone app"
                msg = f"the example's text still stands for {keys}: write the {what} there"
                raise ValueError(msg)
        return self

    @property
    def url(self) -> str:
        """The server's address, with a slash at its end."""
        return self.server_url or HOSTS[self.region]

    @property
    def zone(self) -> ZoneInfo | None:
        """The plants' time zone, where the owner has named it."""
        return ZoneInfo(self.timezone) if self.timezone else None

    def agent(self, install_id: str) -> str:
        """Return what to send as User-Agent: the owner's own, or ours with five digits of this installation.

        Growatt's block lists work by the text; the digits keep one installation's block from hitting all.
        """
        if self.user_agent is not None:
            return self.user_agent
        return f"{USER_AGENT} - {int(install_id or '0', 16) % 100_000:05d}"
