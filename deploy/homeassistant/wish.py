"""What setup.py, beside this file, is asked for in its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class SetupError(Exception):
    """A sentence for the owner: what, where, what to do."""


class ForeignError(SetupError):
    """The installation is not ours: the owner's password is not known."""


@dataclass(frozen=True)
class Wish:
    """What the environment asks for."""

    url: str
    broker: Mapping[str, Any]
    """The fields of the form for the broker, by name."""
    broker_password_file: str
    owner: str
    password: str
    whole: bool
    """Whether every question of the first visit is answered, not only who the owner is."""
    patience: int
    place: Mapping[str, Any]
    """Where the home is: what was given of time_zone, country, currency, latitude, longitude."""
    done: Path | None
    """What is there once all is done: a login again would fail, and be counted, if the password has been changed."""


def read_wish(environment: Mapping[str, str]) -> Wish:
    """Return what the environment asks for.

    Raises:
        SetupError: If something is missing or cannot be read.
    """

    def needed(name: str) -> str:
        value = environment.get(name, "").strip()
        if not value:
            msg = f"{name} is not set; see the head of setup.py."
            raise SetupError(msg)
        return value

    def number(name: str, default: str) -> int:
        value = environment.get(name) or default
        if not value.isdecimal():
            msg = f"{name} must be a number, and is {value!r}."
            raise SetupError(msg)
        return int(value)

    broker: dict[str, Any] = {"broker": needed("BROKER_HOST"), "port": number("BROKER_PORT", "1883")}
    password_file = ""
    if user := environment.get("BROKER_USERNAME", "").strip():
        password_file = needed("BROKER_PASSWORD_FILE")
        broker |= {"username": user, "password": read_secret(password_file, "BROKER_PASSWORD_FILE")}
    return Wish(
        url=needed("HOMEASSISTANT_URL").rstrip("/"),
        broker=broker,
        broker_password_file=password_file,
        owner=environment.get("OWNER_NAME", "").strip() or "heliopost",
        password=read_secret(needed("OWNER_PASSWORD_FILE"), "OWNER_PASSWORD_FILE"),
        whole=environment.get("ONBOARDING", "all") != "owner",
        patience=number("PATIENCE", "600"),
        place=read_place(environment),
        done=Path(done) if (done := environment.get("DONE_FILE", "").strip()) else None,
    )


def read_place(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what the environment says of where the home is, by Home Assistant's names."""
    names = {"time_zone": "TZ", "country": "COUNTRY", "currency": "CURRENCY"}
    place: dict[str, Any] = {ours: environment.get(name, "").strip() for ours, name in names.items()}
    for ours, limit in {"latitude": 90, "longitude": 180}.items():
        if not (value := environment.get(ours.upper(), "").strip()):
            continue
        try:
            place[ours] = float(value)
        except ValueError:
            place[ours] = float("nan")
        if not abs(place[ours]) <= limit:
            msg = f"{ours.upper()} must be a number of degrees, at most {limit}, such as 47.37, and is {value!r}."
            raise SetupError(msg)
    return {ours: value for ours, value in place.items() if value != ""}


def read_secret(path: str, name: str) -> str:
    """Return the text of a secret's file."""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        msg = f"The file {path} of {name} cannot be read ({why}). `sh deploy/secrets.sh` makes the secrets."
        raise SetupError(msg) from None
    if not secret:
        msg = f"The file {path} of {name} is empty. `sh deploy/secrets.sh` makes the secrets."
        raise SetupError(msg)
    return secret
