"""The log: events with fields, one line each, for people on a terminal and as JSON elsewhere.

What other libraries log takes the same way out. One processor, the last before a line is written,
strikes out secrets: by the name of the field, by value, and in URLs, headers and cookies.
"""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from json import dumps
from types import TracebackType
from typing import Any, Final, Literal, Protocol, TextIO
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

STARS: Final = "***"
LEVELS: Final = ("debug", "info", "warning", "error")
SHORTEST: Final = 3
"""Letters; a shorter secret is struck out only where it stands alone, or half of every line would be stars."""

_SECRET_NAME: Final = re.compile(
    r"pass(?:word|wd|phrase)|(?:^|[_-])(?:pass|pwd)$|secret|token$|api_?key|app_?key|access_?key|private_?key|cookie|session_?id|authorization|credential|signature",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"(authorization['\"]?\s*[:=]\s*['\"]?(?:\w+\s+)?|bearer\s+|basic\s+)[^\s'\",;]+", re.IGNORECASE
)
_COOKIE: Final = re.compile(r"((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+", re.IGNORECASE)
_PAIR: Final = re.compile(
    r"((?:\b|_)(?:pass(?:word|wd)?|pwd|secret|token|api_?key|app_?key|jsessionid)['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;}\])]+",
    re.IGNORECASE,
)

_QUIET: Final[Mapping[str, int]] = {
    "aiohttp.access": logging.CRITICAL,
    "apscheduler": logging.ERROR,  # of a job that falls due while it runs, which app.timetable then plans anew
    "mqtt": logging.WARNING,
}
"""Libraries that say much; what they say below this level is of no use to anybody."""


class Mask:
    """Strikes secrets out of whatever is about to be written. The processor, and usable on its own."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know some values that must never be seen."""
        self._known: frozenset[str] = frozenset()
        self._values: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know more values that must never be seen."""
        self._known |= {secret for secret in secrets if secret}
        # As they are, and as they look within JSON and URLs and repr().
        forms = {form for secret in self._known for form in _forms(secret)}
        ordered = sorted(forms, key=len, reverse=True)
        self._values = re.compile("|".join(_pattern(form) for form in ordered)) if ordered else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Return the event without secrets."""
        return {self.text(str(key)): self._field(str(key), value) for key, value in event.items()}

    def known(self, text: str) -> str:
        """Return a text of our own making without the secrets that are known by value."""
        return text if self._values is None else self._values.sub(STARS, text)

    def text(self, text: str) -> str:
        """Return a text of anybody's making without secrets."""
        text = _USERINFO.sub(rf"\1{STARS}@", self.known(text))
        text = _HEADER.sub(rf"\1{STARS}", text)
        text = _COOKIE.sub(rf"\1{STARS}", text)
        return _PAIR.sub(rf"\1{STARS}", text)

    def _field(self, name: str, value: Any) -> Any:  # noqa: ANN401 - a log line takes anything
        if value is not None and not isinstance(value, bool) and _SECRET_NAME.search(name):
            return STARS
        return self.data(value)

    def data(self, value: Any) -> Any:  # noqa: ANN401 - (same)
        """Return what JSON can hold, without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool | None):
            return value
        if isinstance(value, int | float):
            return STARS if str(value) in self._known else value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._field(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.data(inner) for inner in value]
        return self.text(str(value) if not isinstance(value, bytes) else value.decode(errors="replace"))


def _forms(secret: str) -> Iterable[str]:
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
    yield from (dumps(secret)[1:-1], dumps(secret, ensure_ascii=False)[1:-1])


def _pattern(form: str) -> str:
    plain = re.escape(form)
    return plain if len(form) >= SHORTEST else rf"(?<!\w){plain}(?!\w)"


class Settings(Protocol):
    """What the owner wants of the log."""

    @property
    def level(self) -> str:
        """The least that is said: one of LEVELS."""

    @property
    def format(self) -> Literal["auto", "json", "console"]:
        """For people, for programs, or as fits where it goes."""


def configure(settings: Settings, secrets: Iterable[str] = (), *, stream: TextIO | None = None) -> Mask:
    """Send everything that is logged to `stream` (standard error by default), secrets struck out; return the mask.

    The one place that touches the process's logging; called by the command line alone.
    """
    mask = Mask(secrets)
    out = stream if stream is not None else sys.stderr
    readable = settings.format == "console" or (settings.format == "auto" and out.isatty())
    stamp: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *stamp, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # the tests and `demo` configure more than once
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*stamp, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                mask,
                *_renderers(readable=readable, colors=out.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    sys.excepthook = _last_words
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)
    set_level(settings.level)
    return mask


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody foresaw, as Python would print it, but without secrets."""
    structlog.get_logger().critical("crashed", exc_info=(kind, error, trace))


def _renderers(*, readable: bool, colors: bool) -> tuple[Processor, ...]:
    if readable:
        return (
            _printable,
            structlog.dev.ConsoleRenderer(
                colors=colors, timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
            ),
        )
    return (structlog.processors.JSONRenderer(ensure_ascii=False, default=str),)


def _printable(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Leave tracebacks to the renderer, and nothing of a vendor's control characters to the terminal."""
    return {
        key: _plain(value) if isinstance(value, str) and key not in ("exception", "stack") else value
        for key, value in event.items()
    }


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def set_level(name: str) -> None:
    """Change the level of the whole process while it runs; raise ValueError for an unknown one."""
    if name.lower() not in LEVELS:
        msg = f"a log level is one of {', '.join(LEVELS)}"
        raise ValueError(msg)
    logging.getLogger().setLevel(name.upper())


def level() -> str:
    """Return the level of the process."""
    return logging.getLevelName(logging.getLogger().level).lower()
