"""Pictures of a real Home Assistant beside a simulated park, taken in a headless Chromium."""

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp

from tests.broker import free_port
from tests.homeassistant.factory import Rig
from tests.homeassistant.test_demo_devices import demo
from trials.homeassistant import dashboard
from trials.homeassistant.conftest import USERS, World, access
from trials.homeassistant.instance import Instance, set_up, started, until
from trials.homeassistant.releases import OLD, install
from trials.park import park

WIDTH: Final = 1400
HYBRIDS: Final = {
    "growatt_MNH0000100": ("tlx", "Europe/Amsterdam"),
    "growatt_SPF0000300": ("storage", "America/New_York"),
    "growatt_SPH0000200": ("mix", "Australia/Adelaide"),
}
"""Inverters of the demo with battery and meter, their families and where they stand (simulator/growatt/fleet.py)."""
TALLEST: Final = 1600
"""Pixels that a picture may be high; it ends with the last card that is whole."""
MARGIN: Final = 6
SETTLED: Final = 4
"""So many looks, half a second apart, must see the same words before a page counts as drawn."""

_WORDS: Final = """(() => {
  const found = [];
  const walk = node => {
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(child => {
      if (child.nodeType === 3) { if (child.textContent.trim()) found.push(child.textContent.trim()); }
      else if (child.nodeType === 1 && !["STYLE", "SCRIPT"].includes(child.tagName)) walk(child);
    });
  };
  walk(document.body);
  return found.join(" | ");
})()"""
"""All words of a page, also those inside web components."""


_BOTTOM: Final = """(tallest => {
  let bottom = 0;
  const walk = node => {
    const below = node.tagName === "HA-CARD" ? node.getBoundingClientRect().bottom : 0;
    if (below <= tallest) bottom = Math.max(bottom, below);
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return Math.ceil(bottom);
})"""
"""Where the lowest card ends that ends in time."""

_YESTERDAY: Final = """(() => {
  const walk = node => {
    if (node.tagName === "HA-ICON-BUTTON-PREV") node.click();
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
  };
  walk(document.body);
})()"""
"""Goes back a day."""


class Page:
    """A page of a browser, driven through its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to a command of the protocol."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=60)
            if answer.get("id") == self._asked:
                result: dict[str, Any] = answer["result"]
                return result

    async def words(self) -> str:
        """Return what is written on it."""
        found = await self.command("Runtime.evaluate", expression=_WORDS)
        return str(found["result"].get("value", ""))

    async def open(self, url: str, expected: str) -> None:
        """Open an address, and wait until what is expected stands there and nothing is added any more."""
        await self._resize(TALLEST)
        await self.command("Page.navigate", url=url)
        await self._drawn(expected)

    async def run(self, script: str, expected: str) -> None:
        """Run a script on it, and wait as `open` does."""
        await self.command("Runtime.evaluate", expression=script)
        await self._drawn(expected)

    async def _drawn(self, expected: str) -> None:
        seen: list[str] = []

        async def same() -> bool:
            seen.append("".join(letter for letter in await self.words() if not letter.isdigit()))
            return expected in seen[-1] and len(seen) > SETTLED and len(set(seen[-SETTLED:])) == 1

        await until(f"the page shows {expected!r}", same, step=0.5)

    async def _resize(self, height: int) -> None:
        await self.command(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=False
        )

    async def save(self, file: Path) -> None:
        """Write it as a picture down to its last card, with as few colours as the eye needs."""
        bottom = await self.command("Runtime.evaluate", expression=f"{_BOTTOM}({TALLEST - MARGIN})")
        await self._resize(int(bottom["result"]["value"]) + MARGIN)
        await asyncio.sleep(1)  # charts are drawn again in the new size, with a movement
        shot = await self.command("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shot["data"]))
        if (smaller := shutil.which("pngquant")) is not None:
            words = [smaller, "--force", "--skip-if-larger", "--quality", "70-95", "--output", str(file), str(file)]
            subprocess.run(words, check=False)


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Page]:
    """Start a Chromium that reaches nothing but this machine."""
    program = shutil.which("chromium")
    if program is None:
        msg = "chromium is not installed (apt install chromium fonts-dejavu-core)"
        raise RuntimeError(msg)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="heliopost-chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--remote-allow-origins=*",
            f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with aiohttp.ClientSession() as session:

                async def target() -> str | None:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                            pages = await answer.json(content_type=None)
                            return next(
                                (page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"), None
                            )
                    return None

                address = await until("the browser", target, step=0.1)
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    await page.command("Page.enable")
                    yield page
        finally:
            process.terminate()
            await process.wait()


async def _let_in(page: Page, home: Instance) -> None:
    """Log the browser in, with the sidebar closed up and the light theme."""
    token = await home.ask("auth/long_lived_access_token", client_name="pictures", lifespan=1)
    tokens = {
        "access_token": token, "token_type": "Bearer", "refresh_token": "", "expires_in": 3600, "hassUrl": home.url,
        "clientId": f"{home.url}/", "expires": int(time.time() * 1000) + 3_600_000,
    }  # fmt: skip
    stored = {
        "hassTokens": json.dumps(tokens),
        "dockedSidebar": json.dumps("auto"),
        "selectedTheme": json.dumps({"theme": "default", "dark": False}),
    }
    script = "".join(f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)});" for key, value in stored.items())
    await page.command("Page.addScriptToEvaluateOnNewDocument", source=f"try {{ {script} }} catch (error) {{}}")


async def _history(home: Instance, device: str, entities: Collection[str], zone: ZoneInfo) -> None:
    """Give Home Assistant two days' hourly statistics, as the simulated device would have had them.

    Home Assistant is a minute old; its Energy dashboard shows hours. What the bridge's own provider reads of the
    simulated cloud at each full hour goes in through Home Assistant's own import.
    """
    end = datetime.now(zone)
    hour = end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows: dict[str, list[dict[str, Any]]] = {entity: [] for entity in entities}
    begun: dict[str, float] = {}
    while hour <= end:
        rig = Rig()
        await rig.clock.advance(hour - rig.clock.now())
        values = next(update.values for update in await demo(rig) if update.device.id == device)
        for point, value in values.items():
            entity = f"sensor.{device}_{point}".lower()
            if entity in rows and isinstance(value, int | float):
                first = begun.setdefault(entity, float(value))
                start = (hour - timedelta(hours=1)).isoformat()
                rows[entity].append({"start": start, "state": value, "sum": value - first})
        hour += timedelta(hours=1)
    for entity, stats in rows.items():
        about = {
            "statistic_id": entity, "source": "recorder", "name": None, "has_mean": False, "has_sum": True,
            "unit_of_measurement": "kWh",
        }  # fmt: skip
        if stats:
            await home.ask("recorder/import_statistics", metadata=about, stats=stats)


def _sunniest(world: World) -> str:
    """Return the hybrid that has most sun now."""
    states = world.park.devices()
    return max(HYBRIDS, key=lambda device: float(states[device]["pv_power"] or 0))


async def _draw(folder: Path) -> list[Path]:
    release = install(OLD)
    login = {"username": "heliopost", "password": USERS["heliopost"]}
    device_page, energy_page = folder / "homeassistant-device.png", folder / "homeassistant-energy.png"
    async with (
        started(release) as home,
        park(broker={"users": USERS}, mqtt=login) as whole,
        contextlib.AsyncExitStack() as stack,
        browser() as page,
    ):
        world = World(whole, home, Path(), stack)
        await world.whole()
        device = _sunniest(world)
        family, zone = HYBRIDS[device]
        await page.command("Emulation.setTimezoneOverride", timezoneId=zone)
        code, said, complaint = await set_up(home, access(whole), ONBOARDING="all", TZ=zone)
        if code:
            raise RuntimeError(complaint or said)
        await home.log_in()
        await world.registered()
        await world.right()
        await _let_in(page, home)
        devices = await home.devices()
        await page.open(f"{home.url}/config/devices/device/{devices[device]['id']}", "Diagnostic")
        await page.save(device_page)
        slots = dashboard.chosen(family, device, world.announced)
        await _history(home, device, [name for name in slots.values() if "energy" in name], ZoneInfo(zone))
        await home.ask("energy/save_prefs", **dashboard.preferences(slots, release.version))
        await page.open(f"{home.url}/energy", "Energy distribution")
        await page.run(_YESTERDAY, "Energy distribution")
        await page.save(energy_page)
    return [device_page, energy_page]


def draw(folder: Path) -> list[Path]:
    """Draw a device's page and the Energy dashboard."""
    return asyncio.run(_draw(folder))


if __name__ == "__main__":
    for drawn in draw(Path(sys.argv[1])):
        print(drawn)
