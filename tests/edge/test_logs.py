"""The log: readable, and without a secret in it, whoever wrote it there."""

import asyncio
import io
import json
import logging
import sys
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app import logs
from app.logs import Mask

SECRET = "s3cr3t-Zq7-value"


@dataclass
class Wanted:
    level: str = "info"
    format: Literal["auto", "json", "console"] = "json"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields() -> None:
    out = io.StringIO()
    logs.configure(Wanted(format="auto"), stream=out)
    structlog.get_logger().warning("feed_down", feed="values", reason="two\nlines: ü")
    (line,) = lines(out)
    assert line.pop("at").endswith("Z")
    assert line == {"event": "feed_down", "level": "warning", "feed": "values", "reason": "two\nlines: ü"}
    assert "ü" in out.getvalue(), "letters stay readable"


def test_on_a_terminal_it_is_for_people() -> None:
    out = Terminal()
    logs.configure(Wanted(format="auto"), stream=out)
    structlog.get_logger().info("feed_up", feed="values")
    assert "feed_up" in out.getvalue()
    assert not out.getvalue().startswith("{")
    assert "\x1b[" in out.getvalue(), "in colour"


@pytest.mark.parametrize(("form", "terminal", "is_json"), [("json", True, True), ("console", False, False)])
def test_the_form_can_be_chosen(form: Literal["json", "console"], terminal: bool, is_json: bool) -> None:  # noqa: FBT001
    out = Terminal() if terminal else io.StringIO()
    logs.configure(Wanted(format=form), stream=out)
    structlog.get_logger().info("hello")
    assert out.getvalue().startswith("{") == is_json


def test_nothing_of_a_vendors_control_characters_reaches_the_terminal() -> None:
    out = io.StringIO()
    logs.configure(Wanted(format="console"), stream=out)
    structlog.get_logger().info("plant", name="Roof\x1b[2J\rgone")
    assert "\x1b[2J" not in out.getvalue()
    assert "\\x1b[2J\\rgone" in out.getvalue()


def test_what_libraries_log_takes_the_same_way() -> None:
    out = io.StringIO()
    logs.configure(Wanted(), stream=out)
    for name in ("aiohttp.client", "asyncio", "apscheduler.scheduler", "mqtt"):
        logging.getLogger(name).error("trouble with %s", name)
        logging.getLogger(name).info("chatter")
    told = lines(out)
    assert [line["event"] for line in told if line["event"].startswith("trouble")] == [
        "trouble with aiohttp.client",
        "trouble with asyncio",
        "trouble with apscheduler.scheduler",
        "trouble with mqtt",
    ]
    assert {line["logger"] for line in told if line["event"] == "chatter"} == {"aiohttp.client", "asyncio"}


def test_requests_to_our_own_server_are_not_logged() -> None:
    out = io.StringIO()
    logs.configure(Wanted(level="debug"), stream=out)
    logging.getLogger("aiohttp.access").error("GET /metrics")
    assert out.getvalue() == ""


def test_warnings_are_logged() -> None:
    out = io.StringIO()
    logs.configure(Wanted(), stream=out)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("something is old", UserWarning, stacklevel=1)
    assert "something is old" in out.getvalue()


def test_the_level_can_be_changed_while_it_runs() -> None:
    out = io.StringIO()
    logs.configure(Wanted(level="warning"), stream=out)
    log = structlog.get_logger()
    log.info("first")
    assert logs.level() == "warning"
    logs.set_level("DEBUG")
    log.debug("second")
    assert logs.level() == "debug"
    logs.set_level("error")
    log.warning("third")
    assert [line["event"] for line in lines(out)] == ["second"]


def test_an_unknown_level_is_refused_and_changes_nothing() -> None:
    logs.configure(Wanted(level="info"), stream=io.StringIO())
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        logs.set_level("loud")
    assert logs.level() == "info"


def test_configuring_again_replaces_what_was_configured() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(Wanted(), stream=first)
    logs.configure(Wanted(), stream=second)
    structlog.get_logger().info("hello")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


def test_an_exception_is_logged_with_its_traceback() -> None:
    out = io.StringIO()
    logs.configure(Wanted(), stream=out)
    try:
        raise RuntimeError("broke")  # noqa: EM101, TRY301
    except RuntimeError:
        structlog.get_logger().exception("sink_failed")
    (line,) = lines(out)
    assert "RuntimeError: broke" in line["exception"]


def test_what_nobody_foresaw_is_logged_without_secrets() -> None:
    out = io.StringIO()
    logs.configure(Wanted(), [SECRET], stream=out)
    try:
        raise ZeroDivisionError(SECRET)  # noqa: TRY301 - its traceback is wanted
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (line,) = lines(out)
    assert line["event"] == "crashed"
    assert "ZeroDivisionError: ***" in line["exception"]


# --- secrets


class Careless:
    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"Careless({self.secret!r})"


def plant(secret: str) -> None:
    """Write a secret in every way somebody could."""
    log = structlog.get_logger("app")
    old = logging.getLogger("some.library")
    log.info(secret)
    log.info("login", detail=secret, deep={"list": [secret, ("x", {secret})], "map": {secret: secret}})
    log.info("login", raw=secret.encode(), thing=Careless(secret), words=(secret,), **{f"field_{secret}": 1})
    log.bind(bound=secret).warning("bound")
    old.warning("login with %s", secret)
    old.warning("login with %s", Careless(secret), extra={"given": secret})
    with structlog.contextvars.bound_contextvars(context=secret):
        log.info("context")
    try:
        try:
            raise ValueError(secret)  # noqa: TRY301 - its traceback is wanted
        except ValueError as error:
            raise RuntimeError(f"wrapped {secret}") from error  # noqa: EM102, TRY003
    except RuntimeError:
        log.exception("failed")
        old.exception("failed")
    log.info("stack", stack_info=True)
    asyncio.new_event_loop().close()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_known_secret_is_nowhere_in_the_log(form: Literal["json", "console"]) -> None:
    out = io.StringIO()
    logs.configure(Wanted(format=form, level="debug"), [SECRET], stream=out)
    plant(SECRET)
    assert "Zq7" not in out.getvalue()
    assert out.getvalue().count("***") >= 12


@given(secret=st.text(st.characters(codec="utf-8"), min_size=4, max_size=30), form=st.sampled_from(["json", "console"]))
def test_no_known_secret_whatever_its_letters_is_in_the_log(secret: str, form: Literal["json", "console"]) -> None:
    secret = f"{secret}Zq7"
    out = io.StringIO()
    logs.configure(Wanted(format=form, level="debug"), [secret], stream=out)
    plant(secret)
    assert secret not in out.getvalue()
    assert "Zq7" not in out.getvalue()


def test_a_secret_that_is_learnt_later_is_struck_out_too() -> None:
    out = io.StringIO()
    mask = logs.configure(Wanted(), ["first-secret"], stream=out)
    mask.learn(["second-secret"])
    structlog.get_logger().info("first-secret second-secret")
    assert lines(out)[0]["event"] == "*** ***"


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("password", True),
        ("key_password", True),
        ("passwd", True),
        ("token", True),
        ("access_token", True),
        ("client_secret", True),
        ("api_key", True),
        ("apikey", True),
        ("appKey", True),
        ("Authorization", True),
        ("cookie", True),
        ("cookies", True),
        ("JSESSIONID_cookie", True),
        ("session_id", True),
        ("passwordCrc", True),
        ("pass", True),
        ("username", False),
        ("key", False),
        ("keys", False),
        ("tokens_left", False),
        ("bypass", False),
        ("compass", False),
    ],
)
def test_a_field_whose_name_says_so_is_a_secret(name: str, hidden: bool) -> None:  # noqa: FBT001
    masked = Mask()(None, "info", {"event": "x", name: "plain words", "deep": {name: 12345}})
    assert masked[name] == ("***" if hidden else "plain words")
    assert masked["deep"][name] == ("***" if hidden else 12345)


def test_a_secret_field_that_is_empty_says_so() -> None:
    assert Mask()(None, "info", {"password": None, "token": False}) == {"password": None, "token": False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:pw@host/path", "https://***@host/path"),
        ("mqtt://user:p%40ss@broker:1883", "mqtt://***@broker:1883"),
        ("https://host/path?a=1&password=abc&b=2", "https://host/path?a=1&password=***&b=2"),
        ("https://host/?token=abc", "https://host/?token=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("{'Authorization': 'Basic YWJj'}", "{'Authorization': 'Basic ***'}"),
        ("sent Bearer abc", "sent Bearer ***"),
        ("Cookie: JSESSIONID=abc; other=def", "Cookie: ***"),
        ("Set-Cookie: a=b; Path=/", "Set-Cookie: ***"),
        ('{"password": "abc", "x": 1}', '{"password": "***", "x": 1}'),
        ("{'passwordCrc': 'abc'}", "{'passwordCrc': 'abc'}"),
        ("jsessionid=ABC", "jsessionid=***"),
        ("https://host/me@home", "https://host/me@home"),
        ("the battery is full", "the battery is full"),
    ],
)
def test_urls_headers_and_cookies_lose_their_secrets(text: str, expected: str) -> None:
    assert Mask().text(text) == expected


def test_a_secret_is_struck_out_as_it_looks_in_urls_and_json_too() -> None:
    mask = Mask(['p@ss "ü" w/d'])
    assert mask.text("?p=p%40ss%20%22%C3%BC%22%20w/d") == "?p=***"
    assert mask.text("?p=p%40ss+%22%C3%BC%22+w%2Fd") == "?p=***"
    assert mask.text(json.dumps('p@ss "ü" w/d')) == '"***"'


def test_a_short_secret_is_struck_out_only_where_it_stands_alone() -> None:
    mask = Mask(["a", ""])
    assert mask.text("a battery, that is a.") == "*** battery, that is ***."


def test_a_secret_number_is_struck_out_and_other_values_stay() -> None:
    event = Mask(["123456"])(None, "info", {"n": 123456, "m": 7, "ok": True, "none": None, "f": 1.5})
    assert event == {"n": "***", "m": 7, "ok": True, "none": None, "f": 1.5}
