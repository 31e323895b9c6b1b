"""A broker that is told what to say, for what a mosquitto cannot be brought to say."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Self

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14


class StageBroker:
    """Greets with `connack`, acknowledges everything, and remembers what it got."""

    def __init__(
        self,
        connack: bytes | None = b"\x20\x03\x00\x00\x00",
        *,
        suback: int = 1,
        farewell: bytes = b"",
        acknowledge: bool = True,
    ) -> None:
        """`connack` None is silence; `suback` is the code for each filter; `farewell` follows the subscription."""
        self._connack, self._suback, self._farewell, self._acknowledge = connack, suback, farewell, acknowledge
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.published: list[bytes] = []
        self.waiting = 0
        """PUBLISH packets that have not been acknowledged."""
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for writer in self._writers:
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, body = await _packet(reader)
                for answer in self._answers(kind, body):
                    writer.write(answer)
                if kind == CONNECT and self._connack is not None and self._connack[3] != 0:
                    writer.close()
                if kind == DISCONNECT:
                    writer.close()

    def _answers(self, kind: int, body: bytes) -> Iterable[bytes]:
        if kind == CONNECT and self._connack is not None:
            yield self._connack
        elif kind == PUBLISH:
            length = int.from_bytes(body[:2], "big")
            self.published.append(body[2 : 2 + length])
            if self._acknowledge or b"/device/" not in self.published[-1]:
                yield b"\x40\x02" + body[2 + length : 4 + length]
            else:
                self.waiting += 1
        elif kind == SUBSCRIBE:
            filters = body.count(b"heliopost/bridge/")
            yield bytes([0x90, 3 + filters]) + body[:2] + b"\x00" + bytes([self._suback]) * filters
            yield self._farewell


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind = (await reader.readexactly(1))[0] >> 4
    length = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return kind, await reader.readexactly(length)
