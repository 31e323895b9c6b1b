"""The page of errors: the classes and what follows from each, Growatt's codes, exit codes."""

import inspect
from collections.abc import Iterator

from app import cli, errors
from app.providers.growatt.errors import ANSWER_CODES, LOGIN_CODES
from app.providers.growatt.openapi.endpoints import Codes
from app.providers.growatt.openapi.errors import V1, V4, Means, Said
from reference.markdown import HEAD, code, table

STATES = {
    "AuthFailed": "`auth_failed`",
    "Locked": "`locked`",
    "RateLimited": "`rate_limited`",
    "BudgetSpent": "`rate_limited`",
    "Blocked": "`unreachable`",
    "Unavailable": "`unreachable`",
    "ProtocolError": "`unreachable`",
    "NoData": "stays `online`",
}
"""By class: what becomes of the account, when nothing else of it can be read."""


def page() -> str:
    """Return the page."""
    return (
        f"{HEAD}# Errors\n\n"
        "What the program does about an error follows from its class, never from its text. The texts, and what to do about each, are in\n"
        "[troubleshooting](../troubleshooting.md); a class is the label `outcome` of `heliopost_polls_total` and `kind` in the log's `feed_down`.\n\n"
        "## Classes\n\n"
        + table(("class", "what it means, and what follows", "state of the account"), _classes())
        + "\n## Growatt's codes\n\n"
        "Growatt answers with `result` 0 and a code as `msg`.\n\n"
        + table(("code", "of a login", "of any other answer"), _codes())
        + "\nWhat is not listed is a `ProtocolError`.\n\n"
        "With a token it answers with `error_code` (V1) or `code` (V4); 0 is success. One number means different things to a read, to a\n"
        "question about what has been or about one setting, and to a change.\n\n"
        + table(("generation", "code", "of a read", "of a history", "of a question", "of a change"), _token_codes())
        + "\n"
        "## Exit codes\n\n" + table(("code", "meaning"), _exits())
    )


def _classes() -> Iterator[tuple[str, str, str]]:
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, errors.BridgeError):
            yield code(name), inspect.getdoc(kind) or "", STATES.get(name, "")


def _codes() -> Iterator[tuple[str, str, str]]:
    for number in sorted({*LOGIN_CODES, *ANSWER_CODES}):
        login, answer = LOGIN_CODES.get(number), ANSWER_CODES.get(number)
        yield code(number), code(login.__name__) if login else "", code(answer.__name__) if answer else ""


MEANINGS = {
    Means.MOVED: "Blocked",
    Means.ILL: "Unavailable",
    Means.ABSENT: "NoData",
    Means.WRONG: "ProtocolError",
    Means.TOKEN: "AuthFailed",
    Means.DENIED: "ProtocolError",
    Means.OFTEN: "RateLimited",
    Means.REFUSED: "Refused",
}
"""What each meaning becomes; of a change, `Unavailable` is `Doubtful`."""


def _token_codes() -> Iterator[tuple[str, ...]]:
    for generation, tables in (("V1", V1), ("V4", V4)):
        for number in sorted({number for table_of in tables.values() for number in table_of}):
            yield generation, code(str(number)), *(_meaning(tables[codes].get(number), codes) for codes in Codes)


def _meaning(said: Said | None, codes: Codes) -> str:
    if said is None:
        return ""
    kind = "Doubtful" if codes is Codes.WRITE and said.means is Means.ILL else MEANINGS[said.means]
    return f"{code(kind)}: {said.words}"


def _exits() -> Iterator[tuple[str, str]]:
    told = (inspect.getdoc(cli) or "").partition("Exit codes: ")[2].replace("\n", " ").rstrip(".")
    for words in told.split(", "):
        number, _, meaning = words.partition(" ")
        if number.isdecimal():
            yield code(number), meaning
