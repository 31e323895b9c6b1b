"""Asks the bridge that runs, over its broker: verbs, devices by their names, commands until their end."""

import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final, TextIO

from app.errors import BridgeError
from app.mqtt import Caller, Heard

SOURCE: Final = "cli"
ANSWER: Final = 10.0
"""Seconds for an answer that needs no vendor."""
LAST: Final = 2.0
"""The same where the time for the end is over."""
QUIET: Final = 2.0
"""Seconds that a command may take before anything is said of it."""
LOOK: Final = 15.0
"""Seconds between two questions how a command goes; the earliest read-back comes after as many."""
ANSWERS: Final = ("ok", "error")
"""What an answer to a request says of itself; final answers to commands say other words."""
STAGES: Final = {
    "received": "the bridge has it",
    "validated": "the bridge has it",
    "queued": "it waits for its turn",
    "sent": "it has been sent to the vendor",
    "answered": "the vendor has said yes",
    "verifying": "it is being read back",
}


FINAL: Final = "final"


class Unanswered(BridgeError):
    """The bridge is there and says nothing."""


class Declined(BridgeError):
    """The bridge does not do what it was asked."""


async def ask(caller: Caller, verb: str, fields: Mapping[str, Any], limit: float | None = None) -> Mapping[str, Any]:
    """Return what the bridge answers to a request.

    Raises:
        Declined: It refuses; the text is its own.
        Unanswered: Nothing came in `limit` seconds.
        Lost: The connection has ended.
    """
    limit = ANSWER if limit is None else limit
    topic = caller.topics.response(verb)
    await caller.listen(topic)  # for those who know no response topic
    mark = str(fields.get("id") or f"{SOURCE}-{token_hex(8)}")
    await caller.say(caller.topics.request(verb), {**fields, "id": mark}, expiry=limit)
    heard = await caller.hear(lambda each: each.body.get("id") == mark and each.body.get("status") in ANSWERS, limit)
    if heard is None:
        msg = f"the bridge has not answered the request {verb!r} in {limit:g} s; its log (and /health) may say why"
        raise Unanswered(msg)
    if heard.body["status"] != "ok":
        raise Declined(harmless(str(heard.body.get("error") or "the bridge gives no reason")))
    data = heard.body.get("data")
    return data if isinstance(data, Mapping) else {}


async def device_id(caller: Caller, name: str) -> str:
    """Return the id of the device that is meant by its id, its serial or its name, as the bridge has announced it.

    Raises:
        Declined: There is none, or there are several.
    """
    found = await caller.retained(caller.topics.attributes("+"))
    prefix, _, suffix = caller.topics.attributes("\0").partition("\0")
    devices = {topic.removeprefix(prefix).removesuffix(suffix): facts for topic, facts in found.items()}
    if name in devices:
        return name
    for key in ("serial", "name"):
        same = [each for each, facts in devices.items() if str(facts.get(key) or "").lower() == name.lower()]
        if len(same) == 1:
            return same[0]
        if same:
            msg = f"{len(same)} devices have the {key} {name!r}: write the id of one, of {', '.join(sorted(same))}"
            raise Declined(msg)
    if devices:
        msg = f"there is no device {name!r}; `heliopost devices` shows them all"
        raise Declined(msg)
    if not is_level(name):
        msg = f"{name!r} is no id of a device"
        raise Declined(msg)
    return name  # nothing is retained (mqtt.retain): the bridge knows


def is_level(word: str) -> bool:
    """Return whether a word can be one level of a topic."""
    return bool(word) and word.isprintable() and not set(word) & set("/+#")


@dataclass(slots=True)
class Progress:
    """Says on the error output how a command goes: in one line where somebody looks, else seldom."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    said: str = ""
    _open: bool = False

    def tell(self, sentence: str, seconds: float | None = None) -> None:
        """Say how it goes; `seconds` is for how long."""
        sentence = harmless(sentence)
        if self.stream.isatty():
            whole = sentence if seconds is None else f"{sentence} ({seconds:.0f} s)"
            self.stream.write(f"\r\x1b[Kheliopost: {whole}")
            self._open = True
        elif sentence != self.said:
            self.stream.write(f"heliopost: {sentence}\n")
        self.said = sentence
        self.stream.flush()

    def end(self) -> None:
        """Leave the line to others."""
        if self._open:
            self.stream.write("\n")
            self.stream.flush()
            self._open = False


@dataclass(slots=True)
class Following:
    """A command on its way."""

    progress: Progress
    id: str
    topic: str
    """Where its answer comes."""
    place: tuple[str, str] | None = None
    """Device id and point key, where they are known: ids are their senders', and may be alike at two places."""
    again: Callable[[Caller, float], Awaitable[bool]] | None = None
    """Sends it again under its id, unless it is too late; takes the seconds that have passed. None: cannot be done."""
    began: float = field(default_factory=time.monotonic)

    @property
    def passed(self) -> float:
        """For how many seconds its end has been awaited."""
        return time.monotonic() - self.began

    async def end(self, caller: Caller, limit: float) -> Mapping[str, Any] | None:
        """Return the final answer; None if none came within `limit` seconds from the beginning.

        Raises:
            Lost: The connection has ended.
        """
        await caller.listen(self.topic)
        wait = min(QUIET, limit)
        while True:
            heard = await caller.hear(self._final, wait)
            if heard is not None:
                return heard.body
            known = await self._look(caller, max(min(ANSWER, limit - self.passed), LAST))
            if known is not None and known.get("stage") == FINAL:
                return known
            left = limit - self.passed
            if left <= 0:
                return None
            wait = min(LOOK, left)

    def _final(self, heard: Heard) -> bool:
        body = heard.body
        if body.get("id") != self.id or not isinstance(body.get("status"), str) or "point" not in body:
            return False
        if self.place is not None and (body.get("device"), body.get("point")) != self.place:
            return False
        return bool(body["status"] != "duplicate" or body.get("original"))  # else it is being carried out

    async def _look(self, caller: Caller, limit: float) -> Mapping[str, Any] | None:
        """Ask how it goes, and say it: the answer itself may have been lost on the way."""
        tell = self.progress.tell
        if caller.bridge != "online":
            tell("the bridge is offline; it takes the command up again when it is back", self.passed)
            return None
        try:
            listed = (await ask(caller, "commands", {"command": self.id}, limit)).get("commands")
        except (Unanswered, Declined) as error:
            tell(str(error), self.passed)
            return None
        commands = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
        known = next((each for each in commands if self.place in (None, (each.get("device"), each.get("point")))), None)
        if known is None and self.again is not None and await self.again(caller, self.passed):
            tell("the bridge has not heard of it: it is sent again under the same id", self.passed)
        elif known is not None and known.get("stage") != FINAL:
            stage = str(known.get("stage"))
            tell(f"{STAGES.get(stage, stage)}; Ctrl-C leaves it running", self.passed)
        return known


def shown(value: object) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items())
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def harmless(text: str) -> str:
    """Return a text that cannot steer a terminal: who may publish may write anything into an answer."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def printed(body: object) -> str:
    """Return JSON for people and programs."""
    return json.dumps(body, indent=2, ensure_ascii=False)
