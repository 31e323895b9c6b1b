"""What differs when the bridge is the first process of a container."""

import os
import signal

import pytest

from app import cli


def test_the_first_process_of_a_container_can_be_ended_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    before, own = signal.getsignal(signal.SIGTERM), os.getpid()
    monkeypatch.setattr("os.getpid", lambda: 1)
    monkeypatch.setattr("app.cli.version.execute", lambda _: os.kill(own, signal.SIGTERM))
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main(["version"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 143
