"""A real mosquitto for tests, on a free loopback port, and an ear that hears what is said on it."""

import asyncio
import base64
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiomqtt
import pytest

LIMIT = 10.0
"""Seconds that anything may take before a test gives up; all of it takes milliseconds."""


def find_mosquitto() -> str | None:
    """Return where mosquitto is; Debian puts it where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Certificates:
    """An authority of our own; certificates for 127.0.0.1 and `broker.test`, for another name, expired; a client's."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make everything with openssl."""
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed (apt install openssl)")

        def run(*words: str) -> None:
            subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch")
        run(*new, "-x509", "-days", "2", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.crt")
        for name, names, days in (
            ("broker", "IP:127.0.0.1,DNS:broker.test", "2"),
            ("client", "DNS:client", "2"),
            ("other", "DNS:other.test", "2"),
            ("expired", "IP:127.0.0.1", "-1"),
        ):
            (folder / "ext").write_text(f"subjectAltName={names}\n")
            run(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            run(
                "x509",
                "-req",
                "-in",
                f"{name}.csr",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-days",
                days,
                "-extfile",
                "ext",
                "-out",
                f"{name}.crt",
            )
        for file in folder.iterdir():
            file.chmod(0o644)  # as root, mosquitto becomes the user mosquitto before it reads them
        return cls(folder)


class Mosquitto:
    """A broker of one's own. `async with Mosquitto() as broker:` starts it and ends it."""

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        acl: str | None = None,
        tls: Certificates | None = None,
        certificate: str = "broker",
        client_certificates: bool = False,
        options: Iterable[str] = (),
    ) -> None:
        """`users` are names and passwords, nobody else then gets in; `acl` is the text of an access list."""
        self.host = "127.0.0.1"
        self.port = 0
        self._users, self._acl, self._tls, self._certificate = users, acl, tls, certificate
        self._client_certificates, self._options = client_certificates, tuple(options)
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def open(self) -> None:
        """Start on a free port, and return when the broker accepts connections."""
        self._folder = Path(tempfile.mkdtemp(prefix="mosquitto-"))
        self._folder.chmod(0o755)
        for _ in range(5):
            self.port = free_port()
            with contextlib.suppress(OSError):  # somebody else was faster at this port
                self.start()
                return
        msg = f"mosquitto does not start: {self.log()}"
        raise RuntimeError(msg)

    def start(self) -> None:
        """Start, also again after an end, on the same port."""
        binary = find_mosquitto()
        if binary is None:
            pytest.skip("mosquitto is not installed (apt install mosquitto)")
        folder = self._folder
        assert folder is not None
        (folder / "mosquitto.conf").write_text(self._configuration(folder))
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen([binary, "-c", folder / "mosquitto.conf"], stderr=log, stdout=log)
        deadline = time.monotonic() + LIMIT
        while " running" not in self.log():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise OSError(self.log())
            time.sleep(0.002)

    def _configuration(self, folder: Path) -> str:
        lines = [f"listener {self.port} 127.0.0.1", "set_tcp_nodelay true", *self._options]
        if self._users is None:
            lines.append("allow_anonymous true")
        else:
            self._write(
                folder / "passwords", "".join(f"{user}:{_hashed(word)}\n" for user, word in self._users.items())
            )
            lines += ["allow_anonymous false", f"password_file {folder / 'passwords'}"]
        if self._acl is not None:
            self._write(folder / "acl", self._acl)
            lines.append(f"acl_file {folder / 'acl'}")
        if self._tls:
            lines.append(f"cafile {self._tls.ca}")
            lines.append(f"certfile {self._tls.certificate(self._certificate)}")
            lines.append(f"keyfile {self._tls.key(self._certificate)}")
            lines.append(f"require_certificate {str(self._client_certificates).lower()}")
        return "\n".join(lines) + "\n"

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o644)  # as root, mosquitto becomes the user mosquitto before it reads it

    def log(self) -> str:
        """Return what the broker has said since its last start."""
        assert self._folder is not None
        return (self._folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """End it in good order: clients are told."""
        self._signal(signal.SIGTERM)
        self._wait()

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        self._wait()

    def restart(self, *, acl: str | None = None) -> None:
        """End and start again, with another access list if one is given; what was retained is forgotten."""
        self.stop()
        self._acl = acl or self._acl
        self.start()

    def rules(self, acl: str) -> None:
        """Give it another access list, which holds at once: also for connections that are open."""
        assert self._folder is not None
        self._acl = acl
        self._write(self._folder / "acl", acl)
        before = self.log().count("Reloading config")
        self._signal(signal.SIGHUP)
        deadline = time.monotonic() + LIMIT
        while self.log().count("Reloading config") == before:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.002)

    def pause(self) -> None:
        """Make it deaf and mute, with every connection open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, if it still runs, and leave nothing behind."""
        if self._process is not None:
            self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait(LIMIT)

    @contextlib.asynccontextmanager
    async def ear(self, *topics: str, username: str | None = None, password: str | None = None) -> AsyncIterator["Ear"]:
        """Listen to topics (all, if none is named) over a connection of one's own."""
        async with aiomqtt.Client(self.host, self.port, username=username, password=password, timeout=LIMIT) as client:
            ear = Ear(client)
            listening = asyncio.create_task(ear.listen())
            for topic in topics or ("#",):
                await client.subscribe(topic, qos=1)
            try:
                yield ear
            finally:
                listening.cancel()
                await asyncio.wait((listening,))


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: str
    retained: bool


class Ear:
    """What was said, in order."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[Heard] = []
        self.news = asyncio.Condition()

    async def listen(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in self.client.messages:
                payload = bytes(message.payload).decode(errors="replace")
                async with self.news:
                    self.heard.append(Heard(str(message.topic), payload, bool(message.retain)))
                    self.news.notify_all()

    def of(self, topic: str) -> list[str]:
        """Return what was said on a topic, in order."""
        return [heard.payload for heard in self.heard if heard.topic == topic]

    @property
    def last(self) -> dict[str, str]:
        """Return the last word on every topic; empty ones are gone."""
        words = {heard.topic: heard.payload for heard in self.heard}
        return {topic: payload for topic, payload in words.items() if payload}

    async def hears(self, topic: str, payload: str | None = None, *, times: int = 1) -> str:
        """Wait until something (or just this) has been said on a topic, and return the last of it."""

        def found() -> list[str]:
            return [said for said in self.of(topic) if payload is None or said == payload]

        async with asyncio.timeout(LIMIT), self.news:
            await self.news.wait_for(lambda: len(found()) >= times)
        return found()[-1]

    async def say(self, topic: str, payload: str = "", *, retain: bool = False) -> None:
        """Publish."""
        await self.client.publish(topic, payload, qos=1, retain=retain)


def _hashed(password: str) -> str:
    """Return a password as mosquitto 2 keeps it: PBKDF2 with SHA-512 (mosquitto's src/password_mosq.c)."""
    salt, rounds = os.urandom(12), 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    """A plain broker that lets everybody in."""
    broker = Mosquitto()
    broker.open()
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def certificates() -> Iterator[Certificates]:
    """Certificates for a whole run; making them takes a tenth of a second."""
    folder = Path(tempfile.mkdtemp(prefix="certificates-"))
    folder.chmod(0o755)
    yield Certificates.make(folder)
    shutil.rmtree(folder)
