"""An account with a token, from the command line and from a running bridge."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.clock import ScaledClock
from simulator.growatt import TOKEN, Cloud, one_plant, serve
from tests.broker import Mosquitto
from tests.edge.test_cli_whole import House


@pytest.fixture
async def home(mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("HELIOPOST_SECRETS_DIR", str(tmp_path / "none"))
    clock = ScaledClock(datetime.now(UTC), 1.0)
    cloud = Cloud(clock, fleet=one_plant())
    async with serve(cloud) as url:
        made = House(tmp_path, mosquitto, cloud, clock, url)
        made.document["accounts"] = {
            "home": {"provider": "growatt", "api": "openapi", "token": TOKEN, "server_url": url}
        }
        made.write()
        yield made


async def test_an_account_with_a_token_is_checked_read_and_run(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert await home.run("check") == 0
    assert "ok      account home: 127.0.0.1 accepts the token: 1 plant" in capsys.readouterr().out
    assert await home.run("devices", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["devices"]
    inverter = next(device for device in listed if device["kind"] == "inverter")
    assert inverter["points"]["pv_energy_total"]["value"] > 0
    async with home.bridge():
        assert await home.run("devices", "--raw") == 0
    raw = capsys.readouterr().out
    assert json.loads(raw)["devices"]
    assert TOKEN not in raw


async def test_a_wrong_token_is_explained_and_tried_once(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    home.document["accounts"]["home"]["token"] = "no-such-token"
    home.write()
    assert await home.run("check") == 1
    told = capsys.readouterr().out
    assert "Growatt does not accept this token" in told
    assert "no-such-token" not in told


async def test_what_may_not_be_asked_again_yet_is_said(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    told = "home, values: not all could be read now: Growatt allows this call again at "
    assert await home.run("devices", "--json") == 0
    first = capsys.readouterr()
    assert told not in first.err
    assert await home.run("devices", "--json") == 0
    second = capsys.readouterr()
    assert len(second.out) < len(first.out)
    assert re.search(re.escape(told) + r"\d\d:\d\d:\d\d UTC, when asked for ", second.err)
