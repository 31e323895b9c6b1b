"""The accounts' part of the bridge's dashboard."""

from typing import Final

from deploy.grafana.generator.parts import BAD, BY_VALUE, GOOD, PLAIN, WARN, Look, Query, fixed, states, table, words

HERE: Final = 'instance=~"$instance"'
ACCOUNT: Final = 'instance=~"$instance", account=~"$account"'
STATES: Final = words(
    _0=("online", GOOD),
    _1=("unreachable", WARN),
    _2=("rate limited", "#FF780A"),
    _3=("locked", BAD),
    _4=("password refused", "#8F3BB8"),
)
STATE: Final = "max by (account) ({})".format(
    " or ".join(
        f'{number} * heliopost_account_state{{{ACCOUNT}, state="{state}"}}'
        for number, state in enumerate(("online", "unreachable", "rate_limited", "locked", "auth_failed"))
    )
)
"""The state as a number: 0 is online."""
MOMENT: Final = {"unit": "dateTimeFromNow"}

TIMELINE: Final = states(
    "State of the accounts",
    "Green is well. Unreachable: the vendor's cloud does not answer, and the bridge tries again by itself. Rate limited"
    " and locked end by themselves, too. Password refused: put the right one into the configuration.",
    [Query(STATE, "{{account}}")],
    mappings=STATES,
    interval="1m",
    **BY_VALUE,
)


def _newest(name: str, factor: str = "") -> Query:
    return Query(f"max by (account) (heliopost_account_{name}{{{ACCOUNT}}}{factor})")


TABLE: Final = table(
    "Accounts",
    "When each was last read, when it will be read next, and until when it is locked, if it is.",
    [
        _newest("last_poll_timestamp_seconds", " * 1000"),
        _newest("next_poll_timestamp_seconds", " * 1000"),
        _newest("locked_until_timestamp_seconds", " * 1000"),
        _newest("read_only"),
    ],
    names={
        "account": "Account",
        "Value #A": "Last poll",
        "Value #B": "Next poll",
        "Value #C": "Locked until",
        "Value #D": "Login may",
    },
    hidden=("Time",),
    looks=[
        Look("Last poll", more=MOMENT),
        Look("Next poll", more=MOMENT),
        Look("Locked until", more=MOMENT | {"custom.cellOptions": {"type": "color-text"}, "color": fixed(BAD)}),
        Look("Login may", more={"mappings": words(_0=("look and change", PLAIN), _1=("only look", PLAIN))}),
    ],
    noValue="–",
)
