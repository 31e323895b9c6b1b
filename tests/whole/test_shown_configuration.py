"""What the owner sees when the configuration cannot be used: where, what and what to do; and nothing is started."""

import asyncio
import json
import signal
import socket
from pathlib import Path

from tests.broker import Mosquitto
from tests.whole.program import (
    PASSWORD,
    bridge,
    cloud,
    command,
    configure,
    environment,
    powerless,
    runs,
)

__all__ = ["cloud"]

CONFIG = 78
GOOD = f'accounts:\n  home:\n    provider: growatt\n    username: me\n    password: "{PASSWORD}"\n'
FAULTS = {
    "tab": (GOOD + "mqtt:\n\thost: x\n", ":7:1: a tab stands where only spaces may: indent with spaces"),
    "twice": (GOOD + "web: {}\nweb: {}\n", ":7:1: this key is set twice; the first time on line 6"),
    "empty": ("", ": accounts is missing: name at least one login, see docs/configuration.md"),
    "binary": (b"\x7fELF\x02\xff\x00", ":1:6: not UTF-8 text: save the file with the encoding UTF-8"),
    "several": (
        GOOD + "mqtt:\n  prot: 1\nweb:\n  token: short\n",
        ":7:3: mqtt.prot is no known key; did you mean `port`?",
        ":9:10: web.token must not be shorter than 8 letters",
    ),
}
"""What each says in detail, and many more, is held by tests/edge/test_config_faults.py: here the program says it."""


async def refused(file: Path, *, before: tuple[str, ...] = (), env: dict[str, str] | None = None) -> list[str]:
    """Try to run the bridge; return what it says."""
    ended = await command("run", file, before=before, env=env)
    assert (ended.code, ended.out) == (CONFIG, "")
    return ended.err.splitlines()


async def test_a_file_that_cannot_be_used_is_told_with_its_place(tmp_path: Path) -> None:
    async def told(name: str) -> None:
        content, *expected = FAULTS[name]
        file = tmp_path / f"{name}.yaml"
        file.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        assert await refused(file) == [f"heliopost: {file}{sentence!s}" for sentence in expected]

    await asyncio.gather(*map(told, FAULTS))


async def test_files_that_are_not_there_or_not_for_us_are_told(tmp_path: Path) -> None:
    assert (await refused(tmp_path / "none.yaml"))[0].startswith(
        f"heliopost: {tmp_path / 'none.yaml'}: there is no such file, and --config says to read it. Make one"
    )
    unreadable, good, secret = tmp_path / "mine.yaml", tmp_path / "good.yaml", tmp_path / "secret"
    for file, text in ((unreadable, GOOD), (good, GOOD), (secret, "x")):
        file.write_text(text)
    unreadable.chmod(0)
    secret.chmod(0)
    why = "the configuration cannot be read (permission denied): check the name and who may read it"
    assert await refused(unreadable, before=powerless()) == [f"heliopost: {unreadable}: {why}"]
    variable = "HELIOPOST_ACCOUNTS__HOME__PASSWORD_FILE"
    assert await refused(good, before=powerless(), env=environment(**{variable: str(secret)})) == [
        f"heliopost: {variable}: accounts.home.password: the file cannot be read (permission denied)"
    ]


async def test_a_port_that_is_taken_is_told(cloud: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = await refused(configure(tmp_path, 1, cloud, web={"port": port}, log={"level": "error"}))
    advice = "set another web.port, or web.enabled to false"
    assert said == [f"heliopost: cannot listen on 127.0.0.1:{port} (address already in use): {advice}"]


async def test_a_reload_with_faults_changes_nothing_and_says_where_they_are(
    mosquitto: Mosquitto, cloud: str, tmp_path: Path
) -> None:
    file = configure(tmp_path, mosquitto.port, cloud)
    good = file.read_text()
    async with mosquitto.ear() as ear, bridge(file) as program:
        await runs(ear)
        file.write_text(GOOD + "mqtt:\n\thost: x\n")
        program.process.send_signal(signal.SIGHUP)
        line = await program.says("reload_refused")
        expected = f"{file}:7:1: a tab stands where only spaces may: indent with spaces"
        assert line["faults"] == [expected]
        file.write_text(good.replace('"growatt"', '"growat"'))
        await ear.say("heliopost/bridge/request/reload", '{"id": 7}')
        answer = json.loads(await ear.hears("heliopost/bridge/response/reload"))
        assert (answer["id"], answer["status"]) == (7, "error")
        assert "accounts.home.provider is no known provider; did you mean `growatt`?" in answer["error"]
        await ear.say("heliopost/bridge/request/poll", "{}")  # what was configured before goes on
        assert json.loads(await ear.hears("heliopost/bridge/response/poll"))["status"] == "ok"
        file.write_text(good)
        program.process.send_signal(signal.SIGHUP)
        assert (await program.says("reloaded"))["restart_needed"] == []
        await program.stop()
    assert program.complaints == ["reload_refused", "reload_refused"]
