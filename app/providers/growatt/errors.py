"""What Growatt's answers mean: its codes and HTTP states, and the error class that each becomes.

Sources: Home Assistant's growatt_server (`502` alone starts a new login there), the trackers of
indykoning/PyPi_GrowattServer (#13, #25: `504`; #3: `501`; #45, #73, #97: 403; #74: 405),
home-assistant/core (#158531: `507` and lockDuration) and mtrossbach/noah-mqtt (#87: 500).
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from app.errors import AGAIN, AuthFailed, Locked, NoData, ProtocolError, ProviderError, Unavailable


class SessionEnded(Unavailable):
    """Growatt no longer knows the session; answered inside this folder by logging in again, once.

    Its text is the beginning of a sentence that login.py ends with what is done about it.
    """


class UnknownCall(ProtocolError):
    """This server has no such call: the one refusal after which another call may be made instead."""


LOGIN_CODES: Final[Mapping[str, type[ProviderError]]] = {
    "501": Unavailable,  # a refusal without a reason; the other login form is tried once
    "502": AuthFailed,  # user name or password
    "507": Locked,  # for `lockDuration` hours
}
"""`msg` of a login that failed."""

ANSWER_CODES: Final[Mapping[str, type[ProviderError]]] = {
    "500": Unavailable,  # Growatt waited for the device in vain
    "501": NoData,  # the device is offline, or of another family
    "504": NoData,  # nothing known of this device at the moment, or of another family
}
"""`msg` of any other answer with `result: 0` or `success: false`; what is not listed is a ProtocolError."""

REFUSALS: Final[Mapping[str, str]] = {
    "501": "the device is offline, or of another kind than this setting is for; nothing was changed",
    "504": "it knows no such device, or takes no such value; nothing was changed",
    "inv_set_failure": "the device has not taken it; look whether the value suits it, and whether windows overlap",
    "inv_set_time_format": "it does not take this form of a date and time",
    "PARAMETER_ERROR": "a value is not one that the device takes",
    "DEVICE_SN_DOES_NOT_HAVE_PERMISSION": "this login may not change this device: use the owner's",
}
"""`msg` of a write that was not carried out, in words; what is not listed is shown as it is.

Sources: indykoning/PyPi_GrowattServer#161 (inv_set_failure), PLCHome/growatt#14 (inv_set_time_format),
mtrossbach/noah-mqtt#81 (the permission).
"""
DOUBTS: Final[Mapping[str, str]] = {"500": "Growatt waited for the device in vain; it may have been carried out"}
"""`msg` of a write of which nobody knows."""

LOCK_HOURS: Final = 24
"""How long a lockout lasts when Growatt does not say (`lockDuration`)."""
BLOCK_REST: Final = timedelta(hours=1)
"""How long to leave a server alone that refuses us by name or asks for consent: the owner has to act first."""
RETIRED_REST: Final = timedelta(hours=6)
"""As BLOCK_REST, for a host that is no longer in service: that does not heal."""
BUSY_REST: Final = timedelta(minutes=10)
"""How long to rest after HTTP 429 without a Retry-After."""

NOT_LOGGED_IN: Final = re.compile(
    r"not[ _-]?log(?:ged)?[ _-]?in|errorNoLogin|no[ _-]?login|please log ?in|login[ _]?(?:expired|time ?out)"
    r"|session[ _-]?(?:expired|time ?out|invalid)|未登录|请登录|重新登录",
    re.IGNORECASE,
)
"""Texts with which a server says that it does not know the session."""
LOGIN_PAGE: Final = re.compile(
    r"type=[\"']?password|/login\b|login\.do|errorNoLogin|validateCode|<title>[^<]*log ?in", re.IGNORECASE
)
"""What gives away that a page of HTML is the login page."""
LOGIN_FORM: Final = re.compile(r"type=[\"']?password|errorNoLogin", re.IGNORECASE)
"""As LOGIN_PAGE, where more must not be taken for it: pages of errors link to the login, too."""
TERMS: Final = re.compile(r"\bterms\b|agreement|privacy|\bagree\b|\bconsent|\bpact\b|协议|隐私", re.IGNORECASE)
"""Texts of a login that fails because Growatt has new terms."""

AGENT_BLOCKED: Final = (
    "Growatt's firewall refuses this program by its User-Agent; set `user_agent` of this account to another text "
    "(your user name, for example), then reload (SIGHUP, or a message to `bridge/request/reload`) or restart"
)
HOST_RETIRED: Final = (
    "this Growatt server no longer serves the app (HTTP 405); "
    "set the account's `region`, or `server_url`, to the server of your account"
)
LASTS: Final = "if it goes on for hours, look whether the ShinePhone app works, and check `region` and `server_url`"
"""What is said of a failure that comes and goes, for when it stays."""
REPORT: Final = (
    "if it goes on for hours while the ShinePhone app works, please report it with what `heliopost devices --raw` shows"
)
"""As LASTS, where the fault may be ours."""
TERMS_OPEN: Final = (
    "Growatt has new terms: open the ShinePhone app, accept them there, and log in once; "
    "this account then goes on within the hour"
)
WRONG_LOGIN: Final = (
    "Growatt does not accept this user name and password; correct them in the configuration "
    "(they are those of the ShinePhone app). There is no further try until then, so that the account is not locked"
)


def locked_text(hours: float, until: str) -> str:
    """Return the sentence for a locked account."""
    return (
        f"Growatt has locked this account for {hours:g} hours, after too many logins or requests; "
        f"nothing is asked until {until}. "
        "The app may still work with another (visitor's) login"
    )


_SUBJECTS: Final[Mapping[str, str]] = {
    "plant_list": "the list of plants",
    "plant_info": "the list of a plant's devices",
    "device_list": "the list of a plant's devices",
    "plant_settings": "a plant's settings",
    "plant_": "a plant's values",
    "login": "the login",
    "server_by_name": "the account's server",
    "is_plant": "the list of a plant's devices",
    "update_": "a change of settings",
}
"""By the beginning of a call's name, the longer ones first: what is asked for, in words of the app."""


def subject(call: str) -> str:
    """Return what a call asks for, as its owner would say it."""
    for beginning, words in _SUBJECTS.items():
        if call.startswith(beginning):
            return words
    return "a device's settings" if "settings" in call or call.endswith("_info") else "a device's values"


def answer_error(call: str, code: str, words: str = "") -> ProviderError:
    """Return the error for an answer that says that it failed."""
    kind = ANSWER_CODES.get(code, ProtocolError)
    said = f" ({words[:80]})" if words and words != code else ""
    return kind(f"Growatt answered {code or 'a failure without a code'}{said} when asked for {subject(call)}; {AGAIN}")
