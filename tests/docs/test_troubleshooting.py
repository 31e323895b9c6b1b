"""Whatever the program says when something is wrong stands in docs/troubleshooting.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app import cli, errors
from app.model import AccountState
from tests.docs.pages import ROOT, anchors

PAGE = ROOT / "docs" / "troubleshooting.md"
TEXT = re.sub(r"\s+", " ", PAGE.read_text().replace("`", "").replace("\\|", "|"))
APP = sorted(path for path in (ROOT / "app").rglob("*.py") if "translations" not in path.parts)
MOUTHS = {
    "app/accounts.py",
    "app/cli/bridge_mqtt.py",
    "app/cli/check.py",
    "app/cli/commands.py",
    "app/cli/outcome.py",
    "app/commands/answers.py",
    "app/commands/carrier.py",
    "app/commands/checks.py",
    "app/commands/engine.py",
    "app/commands/offers.py",
    "app/commands/request.py",
    "app/commands/settings.py",
    "app/commands/teller.py",
    "app/commands/undoing.py",
    "app/commands/values.py",
    "app/commands/verifier.py",
    "app/config/document.py",
    "app/config/faults.py",
    "app/config/sources.py",
    "app/health.py",
    "app/mqtt/broker.py",
    "app/mqtt/connection.py",
    "app/mqtt/faults.py",
    "app/mqtt/incoming.py",
    "app/mqtt/question.py",
    "app/pace.py",
    "app/poller.py",
    "app/providers/growatt/answers.py",
    "app/providers/growatt/directory.py",
    "app/providers/growatt/errors.py",
    "app/providers/growatt/login.py",
    "app/providers/growatt/openapi/answers.py",
    "app/providers/growatt/openapi/errors.py",
    "app/providers/growatt/openapi/asker.py",
    "app/providers/growatt/openapi/budget.py",
    "app/providers/growatt/openapi/client.py",
    "app/providers/growatt/openapi/directory.py",
    "app/providers/growatt/openapi/memory.py",
    "app/providers/growatt/openapi/provider.py",
    "app/providers/growatt/openapi/vpp.py",
    "app/providers/growatt/openapi/writer.py",
    "app/providers/growatt/params.py",
    "app/providers/growatt/writer.py",
    "app/providers/growatt/times.py",
    "app/providers/growatt/transport.py",
    "app/requests.py",
    "app/sinks/clock.py",
    "app/state.py",
    "app/statefile.py",
    "app/verbs.py",
    "app/web.py",
}
"""Modules in which every text of several words is for people, but for NOT_SAID; of all others, what is raised."""
NOT_SAID = (
    (r"^\s*(SELECT|INSERT|DELETE|PRAGMA|CREATE|BEGIN|ALTER)\b", "SQL"),
    (r"\\d|\[ _-\]|\(\?|\\b", "a regular expression"),
    (r"%[YdHMSB]", "the form of a moment"),
    (
        r"^(found character|that cannot start|mapping values are|could not find expected|undefined alias)",
        "YAML's words",
    ),
    (r"^(expected |duplicate anchor|unexpected end of stream|unknown escape|another document)", "(same)"),
    (
        r"^(the list of|a plant's|a device's|the account's server|when asked for \{\}$)",
        "a part of a sentence in the page",
    ),
    (r"^Connected to|^, not encrypted|can be used; accounts|^the folder \{\} (can be used|is in use by)", "good news"),
    (r"accepts the token|works; last read|devices were found|^ The bridge runs|^ Start the bridge", "(same)"),
    (r"^this login may only look", "(same)"),
    (r"^ \(\{\} to consider|must be mended first|^ Broker and accounts were", "the sum of a check"),
    (
        r"^(lost|no acknowledgement|not a value|unknown zone|not a file|tables are missing|quick_check failed)$",
        "inside",
    ),
    (r"^there are /metrics|Bearer realm|^the environment$|a log level is one of", "for programs and programmers"),
    (r"bytes, no JSON", "in the dump"),
    (
        r"^(tag handle|unknown error|timed out|Value error, |mqtt\.tls \(\{\}\))$",
        "a part of a sentence, or others' words",
    ),
    (r"All well\.|^It says `offline` itself", "good news"),
    (r"\{\} is no |did you mean", "names what was probably meant"),
    (
        r"Kheliopost|^HOW IT WENT$|^ \(before: |^heliopost commands (show|list)|read back from the vendor\. Command",
        "what a command looks like on the command line",
    ),
    (r"^\{\}: \{\}\{\}: \{\}\. Command", "(same)"),
    (r"^a change of settings$", "a part of a sentence"),
    (r"^devices come and go", "the reason of a cadence, in the reference"),
)
"""What is no message of its own: a pattern and the reason."""


def text_of(node: ast.AST) -> str | None:
    """Return a text of the source, with {} where something is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w+\}", "{}", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]  # text
    return None


def inner(tree: ast.AST) -> set[ast.AST]:
    """Return what is no text of its own: docstrings, and pieces of other texts."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.add(node.value)
        if isinstance(node, ast.JoinedStr):
            found |= set(node.values)
    return found


def texts(path: Path) -> Iterator[str]:
    """Yield what a module may say to people."""
    tree = ast.parse(path.read_text())
    everything = str(path.relative_to(ROOT)) in MOUTHS
    passed = inner(tree)
    for node in ast.walk(tree):
        if not everything:
            message = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "msg"
            said = text_of(node.value) if isinstance(node, ast.Assign) and message else None
        else:
            said = None if node in passed else text_of(node)
        if said and " " in said.strip() and not any(re.search(pattern, said) for pattern, _ in NOT_SAID):
            yield said


def longest(said: str) -> str:
    """Return the longest part of a text between what is filled in."""
    return max(re.sub(r"[`\s]+", " ", said.replace("`", "")).split("{}"), key=len).strip(" ;:,.")


MESSAGES = sorted({(str(path.relative_to(ROOT)), said) for path in APP for said in texts(path)})


@pytest.mark.parametrize("module", sorted({module for module, _ in MESSAGES}))
def test_every_message_is_in_the_page(module: str) -> None:
    said = [text for name, text in MESSAGES if name == module]
    assert [text for text in said if len(longest(text)) > 6 and longest(text) not in TEXT] == []


def test_the_modules_that_speak_are_looked_at() -> None:
    assert len(MESSAGES) > 200
    assert {module for module, _ in MESSAGES} >= MOUTHS - {"app/accounts.py"}


# --- the log


def events(path: Path) -> Iterator[str]:
    """Yield the events that a module logs as a warning or worse."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        names = [word for word in words if re.fullmatch(r"[a-z]+(_[a-z]+)*", word)]
        if re.search(r"(^log|get_logger\(\))\.(warning|error|critical|exception)$", called):
            yield from names[:1]
        elif re.search(r"(^|\.)(_once|_warn|tell)$", called):
            yield from names[-1:]


EVENTS = sorted({event for path in APP for event in events(path)} | {"broker_refused", "broker_lost", "fault_raised"})
"""The last three are chosen at run time."""


def test_every_event_of_the_log_is_explained() -> None:
    assert len(EVENTS) > 25
    explained = set(re.findall(r"`([a-z_]+)`", PAGE.read_text()))
    assert [event for event in EVENTS if event not in explained] == []


def test_every_explained_event_exists() -> None:
    table = PAGE.read_text().partition("### What the log says")[2]
    explained = {name for line in re.findall(r"(?m)^\| (`.*?`) \|", table) for name in re.findall(r"`(\w+)`", line)}
    assert explained - set(EVENTS) == set()


# --- states, codes, classes, alerts


def test_every_state_of_an_account_is_explained() -> None:
    assert [state for state in AccountState if f"| `{state}` |" not in PAGE.read_text()] == []


def test_every_exit_code_is_explained() -> None:
    codes = {cli.DONE, cli.FAILED, cli.REJECTED, cli.NOT_DONE, cli.EXPIRED, cli.SUPERSEDED, cli.CONFIG, 2}
    codes.add(cli.INTERRUPTED)
    assert [code for code in codes if f"\n| {code} |" not in PAGE.read_text()] == []


def test_every_class_of_error_has_a_message_or_a_state_in_the_page() -> None:
    said = {
        "ConfigError": "### What the configuration says",
        "StateError": "the state folder",
        "BrokerError": "### What is said of the broker",
        "ProviderError": "### What is said of Growatt",
        "AuthFailed": "`auth_failed`",
        "Locked": "`locked`",
        "RateLimited": "`rate_limited`",
        "BudgetSpent": "today's budget of",
        "Blocked": "User-Agent",
        "Unavailable": "`unreachable`",
        "Refused": "Growatt has refused the change",
        "Doubtful": "no answer that says whether the change was carried out",
        "ProtocolError": "another form than ever before",
        "NoData": "has nothing of this device",
        "CommandError": "### What requests are answered",
    }
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"BridgeError", "datetime"}
    assert classes == said.keys()
    assert [name for name, words in said.items() if words not in PAGE.read_text()] == []


def runbooks() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    yield rule["alert"], rule["annotations"]["runbook"]


def test_every_alert_leads_to_its_place_in_a_page() -> None:
    for alert, link in runbooks():
        page, _, anchor = link.partition("#")
        assert anchor in anchors((ROOT / page).read_text()), f"{alert}: {link}"


def test_every_alert_is_explained() -> None:
    explained = set(re.findall(r"(?m)^\| `(Heliopost\w+)` \|", PAGE.read_text()))
    assert explained == {alert for alert, _ in runbooks()}
