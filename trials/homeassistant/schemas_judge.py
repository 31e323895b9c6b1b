"""Run by a release's own interpreter: Home Assistant hears documents, one by one, and says what it makes of each.

A whole Home Assistant is started in this process, with its real MQTT integration on a real broker; only its web pages
are missing. What reaches it goes through the broker. After each document everything that follows from it is awaited, so
that a line of its log, a repair issue and a new entity belong to the document that caused them. Afterwards the states
are sent, for some checks come only with a value.

    python schemas_judge.py FOLDER < {"port": 1883, "cases": [{"topic": "", "payload": "", "states": {"": ""}}]}

It prints a list of {"said": [""], "issues": [""], "entities": ["sensor.name"]}, one for each case.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# Home Assistant is not installed where this is checked: nothing is known of its types. Its schemas are no public API.

import asyncio
import contextlib
import functools
import json
import logging
import os
import pathlib
import socket
import sys

from homeassistant import bootstrap, core, runner
from homeassistant.components import mqtt
from homeassistant.helpers import entity_registry, issue_registry

PATIENCE = 60
"""Seconds that anything may take."""


class Hearing(logging.Handler):
    """Keeps what is said from warnings on. Home Assistant's own handlers drop what comes too often."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            text += f" [{type(record.exc_info[1]).__name__}: {record.exc_info[1]}]"
        self.heard.append(text[-1500:])

    def take(self):
        heard, self.heard = self.heard, []
        return heard


def configure(folder, port):
    """Write the configuration of a Home Assistant that has the MQTT integration already."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        web = probe.getsockname()[1]
    (folder / "configuration.yaml").write_text(f"http:\n  server_host: 127.0.0.1\n  server_port: {web}\n")
    (folder / ".storage").mkdir()
    entry = {
        "entry_id": "judge", "version": 1, "domain": "mqtt", "title": "judge", "source": "user", "unique_id": None,
        "data": {"broker": "127.0.0.1", "port": port, "discovery": True}, "options": {}, "disabled_by": None,
        "pref_disable_new_entities": False, "pref_disable_polling": False, "minor_version": 1,
    }  # fmt: skip
    store = {"version": 1, "minor_version": 2, "key": "core.config_entries", "data": {"entries": [entry]}}
    (folder / ".storage" / "core.config_entries").write_text(json.dumps(store))


class Court:
    """A Home Assistant, and what it says."""

    def __init__(self, hass, hearing):
        self.hass, self.hearing = hass, hearing
        self.waiting = {}
        self.entities = []
        self.issues = []
        hass.bus.async_listen(entity_registry.EVENT_ENTITY_REGISTRY_UPDATED, self.registered)
        hass.bus.async_listen(issue_registry.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, self.raised)

    async def listen(self, topic):
        def came(message):
            if (follows := self.waiting.pop(message.payload, None)) is not None:
                follows()

        await mqtt.async_subscribe(self.hass, topic, came)

    async def send(self, topic, payload):
        await mqtt.async_publish(self.hass, topic, payload, 0, False)

    async def send_token(self, topic, follows):
        token = os.urandom(8).hex()
        self.waiting[token] = follows
        await self.send(topic, token)

    async def come_back(self, topic):
        """Send a message to ourselves: when it is back, everything that was sent before has been heard."""
        event = asyncio.Event()
        async with asyncio.timeout(PATIENCE):
            await self.send_token(topic, event.set)
            await event.wait()
            await self.hass.async_block_till_done()

    async def subscribed(self, topic):
        """Wait until what was subscribed so far is: Home Assistant collects subscriptions for half a second or so."""
        await self.listen(topic)
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        return await self.come_back(topic)

    def new(self):
        """Return what is new since this was last asked."""
        entities, self.entities = self.entities, []
        issues, self.issues = self.issues, []
        return {"said": self.hearing.take(), "issues": issues, "entities": entities}

    @core.callback
    def registered(self, event):
        if event.data["action"] == "create":
            self.entities.append(event.data["entity_id"])

    @core.callback
    def raised(self, event):
        if event.data["action"] == "create":
            self.issues.append(f"{event.data['domain']}/{event.data['issue_id']}")

    async def judge(self, cases):
        verdicts = []
        for case in cases:
            await self.send(case["topic"], case["payload"])
            await self.come_back("judge/first")
            verdicts.append(self.new())
        await self.subscribed("judge/second")
        self.new()
        for case, verdict in zip(cases, verdicts, strict=True):
            for topic, payload in case["states"].items():
                await self.send(topic, payload)
            # states are taken up at once, in the order of their coming: all that was said so far belongs to this case
            await self.send_token("judge/second", functools.partial(self.add, verdict))
        await self.come_back("judge/second")
        return verdicts

    def add(self, verdict):
        verdict["said"] += self.hearing.take()


async def main(folder, asked):
    configure(folder, asked["port"])
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=str(folder), skip_pip=True))
    hearing = Hearing()
    logging.getLogger().addHandler(hearing)
    await hass.async_start()
    await hass.async_block_till_done()
    court = Court(hass, hearing)
    async with asyncio.timeout(PATIENCE):
        while not mqtt.is_connected(hass):
            await asyncio.sleep(0.05)
    await court.subscribed("judge/first")
    court.new()
    verdicts = await court.judge(asked["cases"])
    await hass.async_stop(force=True)
    return verdicts


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(pathlib.Path(sys.argv[1]), json.load(sys.stdin)))))
