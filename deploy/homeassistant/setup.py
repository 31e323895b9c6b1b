"""Brings a Home Assistant to where Heliopost's devices appear in it: its owner, and the entry MQTT.

Run once beside a Home Assistant, as the service `homeassistant-setup` of docker-compose.yml does; again does no harm.

    HOMEASSISTANT_URL         where Home Assistant is, such as http://homeassistant:8123
    BROKER_HOST, BROKER_PORT  the broker, as Home Assistant reaches it (1883 unless given)
    BROKER_USERNAME           Home Assistant's user at the broker; none: nobody need log in
    BROKER_PASSWORD_FILE      the file with that user's password
    OWNER_NAME                the owner's user name at Home Assistant (heliopost unless given)
    OWNER_PASSWORD_FILE       the file with the owner's password
    ONBOARDING                all (unless given), or owner: leaves the questions for place and units to the first visit
    PATIENCE                  seconds to wait for Home Assistant (600 unless given: a first start can take minutes)
    TZ                        the owner's time zone, such as Europe/Zurich: days end at its midnight
    COUNTRY, CURRENCY         such as CH and CHF; without a country Home Assistant asks for it in Repairs
    LATITUDE, LONGITUDE       in degrees, such as 47.37 and 8.54: where the sun rises
    DONE_FILE                 a file that is left when all is done; with it nobody logs in again (none unless given)

It exits with 0 if the entry is there, or if Home Assistant is somebody else's: then it says what to fill in by hand.
With 1 it says in a sentence what went wrong. The forms are those of Home Assistant 2025.4 to 2026.11:
https://github.com/home-assistant/core/blob/dev/homeassistant/components/onboarding/views.py, auth/login_flow.py,
config/config_entries.py and mqtt/config_flow.py beside them.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
from wish import ForeignError, SetupError, Wish, read_wish

REQUEST_LIMIT: Final = aiohttp.ClientTimeout(total=60)
"""One request; Home Assistant itself tries a broker for 5 s before it answers."""
STEP: Final = 0.5
"""Seconds between two looks."""
MISSING: Final = 404
FLOWS: Final = "/api/config/config_entries/flow"


class HomeAssistant:
    """What can be asked of a Home Assistant; `token` opens what needs its owner."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self.site = f"{url}/"
        """Who we are, as a site that sends its users to Home Assistant to log in: itself."""
        self.back = f"{url}/?auth_callback=1"
        self.token = ""
        self._refresh = ""

    async def ask(self, method: str, path: str, body: object = None, form: object = None) -> tuple[int, Any]:
        """Return status and answer; text if it is no JSON.

        Raises:
            aiohttp.ClientError, TimeoutError: If there is no answer.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._session.request(
            method, self.url + path, json=body, data=form, headers=headers, timeout=REQUEST_LIMIT
        ) as answer:
            text = await answer.text()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, text

    async def get(self, method: str, path: str, body: object = None, form: object = None) -> Any:
        """Return the answer; a refusal is a SetupError."""
        status, answer = await self.ask(method, path, body, form)
        if status >= 400:  # noqa: PLR2004 - where HTTP's refusals begin
            said = answer.get("message", "") if isinstance(answer, dict) else answer
            msg = f"Home Assistant refused {method} {path} with {status}: {str(said)[:200]}"
            raise SetupError(msg)
        return answer

    async def is_fresh(self) -> bool | None:
        """Return whether it has no owner yet; None as long as it cannot say."""
        status, steps = await self.ask("GET", "/api/onboarding")
        if status != MISSING:
            if isinstance(steps, list):
                return not any(step.get("step") == "user" and step.get("done") for step in steps)
            return None
        # A Home Assistant that was set up before its last start has no such page.
        status, answer = await self.ask("GET", "/auth/providers")
        return False if isinstance(answer, dict) and "providers" in answer else None

    async def enter(self, code: str) -> None:
        """Exchange the code that a login gives for a token."""
        grant = {"grant_type": "authorization_code", "code": code, "client_id": self.site}
        answer = await self.get("POST", "/auth/token", form=grant)
        self.token, self._refresh = answer["access_token"], answer["refresh_token"]

    async def leave(self) -> None:
        """Let the token end, so that none is left over for each run."""
        token, self.token = self._refresh, ""
        if token:
            await self.ask("POST", "/auth/token", form={"action": "revoke", "token": token})


async def wait_for(home: HomeAssistant, patience: int) -> bool:
    """Wait so many seconds at most until Home Assistant answers, and return whether it is fresh."""
    end, why = time.monotonic() + patience, "nothing answers"
    while True:
        try:
            fresh = await home.is_fresh()
        except (aiohttp.ClientError, TimeoutError):
            why = "nothing answers"
        else:
            if fresh is not None:
                return fresh
            why = "what answers is not Home Assistant, or has not started yet"
        if time.monotonic() > end:
            msg = (
                f"There is no Home Assistant at {home.url} after {patience} seconds: {why}."
                " Check that it runs, and the address HOMEASSISTANT_URL."
            )
            raise SetupError(msg)
        await asyncio.sleep(STEP)


async def onboard(home: HomeAssistant, wish: Wish) -> None:
    """Make the owner of a fresh Home Assistant."""
    user = {
        "client_id": home.site,
        "name": wish.owner.capitalize(),
        "username": wish.owner,
        "password": wish.password,
        "language": "en",
    }
    answer = await home.get("POST", "/api/onboarding/users", user)
    await home.enter(answer["auth_code"])
    if wish.place:
        await set_place(home, wish.place)
    say(f"Home Assistant has an owner now: {wish.owner}.")


async def finish_onboarding(home: HomeAssistant) -> None:
    """Answer what is still open of the questions of a first visit."""
    status, steps = await home.ask("GET", "/api/onboarding")
    if status == MISSING:
        return
    for step in steps:
        body = None
        if step["step"] == "integration":
            body = {"client_id": home.site, "redirect_uri": home.back}
        if not step["done"]:
            await home.get("POST", f"/api/onboarding/{step['step']}", body)


async def set_place(home: HomeAssistant, place: Mapping[str, Any]) -> None:
    """Say where the home is, which Home Assistant takes over its websocket only; one by one, for it may refuse some."""
    address, refused = f"{home.url}/api/websocket", dict(place)
    with suppress(TypeError, ValueError):  # what receive_json says of a socket that has been closed, or of no JSON
        async with asyncio.timeout(60), aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": home.token})
            await socket.receive_json()
            for number, (name, value) in enumerate(place.items(), start=1):
                await socket.send_json({"id": number, "type": "config/core/update", name: value})
                if (await socket.receive_json()).get("success"):
                    del refused[name]
    for name, value in refused.items():
        what = name.replace("_", " ")
        say(f"Home Assistant does not take the {what} {value!r}: set it at Settings, System, General.")


async def log_in(home: HomeAssistant, wish: Wish) -> None:
    """Log in as the owner.

    Raises:
        ForeignError: If Home Assistant does not know the owner, or asks for more than a password.
    """
    start = {"client_id": home.site, "handler": ["homeassistant", None], "redirect_uri": home.back}
    status, flow = await home.ask("POST", "/auth/login_flow", start)
    if status == MISSING or not isinstance(flow, dict) or "flow_id" not in flow:
        msg = "This Home Assistant has no login by user name and password."
        raise ForeignError(msg)
    secret = {"client_id": home.site, "username": wish.owner, "password": wish.password}
    _, flow = await home.ask("POST", f"/auth/login_flow/{flow['flow_id']}", secret)
    if not isinstance(flow, dict) or flow.get("type") != "create_entry":
        msg = f"This Home Assistant does not let the user {wish.owner!r} in with the password of OWNER_PASSWORD_FILE."
        raise ForeignError(msg)
    await home.enter(flow["result"])


async def wait_until_running(home: HomeAssistant, patience: int) -> None:
    """Wait until everything of a starting Home Assistant has started."""
    end = time.monotonic() + patience
    while (state := (await home.get("GET", "/api/config"))["state"]) != "RUNNING":
        if time.monotonic() > end:
            msg = f"Home Assistant at {home.url} has not started after {patience} seconds; it says {state}."
            raise SetupError(msg)
        await asyncio.sleep(STEP)


async def find_entry(home: HomeAssistant) -> str | None:
    """Return the state of the entry MQTT; None if there is none."""
    entries = await home.get("GET", "/api/config/config_entries/entry?domain=mqtt")
    return str(entries[0]["state"]) if entries else None


def fill_in(fields: Sequence[Mapping[str, Any]], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form filled in with what is known, and with Home Assistant's own proposals for what else it needs."""
    filled: dict[str, Any] = {}
    for field in fields:
        name, selector = field["name"], field.get("selector", {})
        if name in known:
            filled[name] = known[name]
        elif not field.get("required"):
            continue
        elif field.get("type") == "expandable":
            filled[name] = fill_in(field["schema"], known)
        elif "default" in field:
            filled[name] = field["default"]
        elif "boolean" in selector:
            filled[name] = False
        elif options := selector.get("select", {}).get("options"):
            filled[name] = options[0]["value"] if isinstance(options[0], dict) else options[0]
        else:
            msg = f"This release of Home Assistant asks for {name!r}, which is not known here."
            raise SetupError(msg)
    return filled


async def add_entry(home: HomeAssistant, wish: Wish) -> None:
    """Add the entry MQTT, and wait until it works."""
    flow = await home.get("POST", FLOWS, {"handler": "mqtt", "show_advanced_options": False})
    if flow["type"] == "menu":
        flow = await home.get("POST", f"{FLOWS}/{flow['flow_id']}", {"next_step_id": "broker"})
    if flow["type"] == "abort":
        msg = f"Home Assistant does not take an entry MQTT: {flow.get('reason')}."
        raise SetupError(msg)
    end = f"{FLOWS}/{flow['flow_id']}"
    try:
        result = await home.get("POST", end, fill_in(flow["data_schema"], wish.broker))
    except SetupError:
        await home.ask("DELETE", end)
        raise
    if result["type"] != "create_entry":
        await home.ask("DELETE", end)
        raise SetupError(await explain(result.get("errors") or {}, wish.broker))
    until = time.monotonic() + wish.patience
    while await find_entry(home) != "loaded":
        if time.monotonic() > until:
            msg = "Home Assistant has the entry MQTT but does not start it; its log says why (Settings, System, Logs)."
            raise SetupError(msg)
        await asyncio.sleep(STEP)


async def explain(errors: Mapping[str, Any], broker: Mapping[str, Any]) -> str:
    """Return why Home Assistant refused a broker, as far as can be seen from here."""
    where = f"{broker['broker']}:{broker['port']}"
    if "cannot_connect" not in errors.values():
        return f"Home Assistant refused the broker {where}: {', '.join(map(str, errors.values())) or 'without a word'}."
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(str(broker["broker"]), int(broker["port"]))
        writer.close()
    except (OSError, TimeoutError):
        return f"Home Assistant cannot reach the broker at {where}. Check that it runs, BROKER_HOST and BROKER_PORT."
    if "username" not in broker:
        return f"The broker at {where} does not let Home Assistant in without a name. Give BROKER_USERNAME."
    return (
        f"The broker at {where} does not let Home Assistant in as {broker['username']!r}. Check BROKER_USERNAME and"
        " the password in BROKER_PASSWORD_FILE (with Compose: MQTT_HOMEASSISTANT_USERNAME in .env, and the file"
        " secrets/mqtt_homeassistant_password): the broker must know both."
    )


def advise(wish: Wish) -> None:
    """Say what to fill in by hand."""
    say("Add the entry by hand: Settings, Devices & services, Add integration, MQTT; fill in:")
    say(f"  Broker:    {wish.broker['broker']}")
    say(f"  Port:      {wish.broker['port']}")
    if "username" in wish.broker:
        say(f"  Username:  {wish.broker['username']}")
        say(f"  Password:  what the file {wish.broker_password_file} holds")


def remember(wish: Wish) -> None:
    """Leave the mark that all is done."""
    if wish.done:
        try:
            wish.done.touch()
        except OSError as error:
            say(f"{wish.done} of DONE_FILE cannot be written ({error.strerror}): the next run will log in again.")


def say(text: str) -> None:
    """Tell the owner."""
    print(text, flush=True)


async def set_up(wish: Wish) -> None:
    """Do what is still to do."""
    async with aiohttp.ClientSession() as session:
        home = HomeAssistant(session, wish.url)
        if await wait_for(home, wish.patience):
            await onboard(home, wish)
        elif wish.done and wish.done.exists():
            say("Home Assistant has been set up before; nothing to do.")
            return
        else:
            await log_in(home, wish)
        try:
            await wait_until_running(home, wish.patience)
            if wish.whole:
                await finish_onboarding(home)
            state = await find_entry(home)
            if state is None:
                await add_entry(home, wish)
                say(f"Home Assistant listens to the broker {wish.broker['broker']}:{wish.broker['port']} now.")
            else:
                say(f"The entry MQTT is already there ({state}); nothing to do.")
            remember(wish)
        finally:
            await home.leave()


def main() -> int:
    """Set Home Assistant up, and return the exit code."""
    try:
        wish = read_wish(os.environ)
        try:
            asyncio.run(set_up(wish))
        except ForeignError as error:
            say(f"{error} It was not set up here, or the password has been changed since.")
            advise(wish)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except (aiohttp.ClientError, TimeoutError) as error:
        print(f"Home Assistant went away while it was set up ({error!r}). Run this again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
