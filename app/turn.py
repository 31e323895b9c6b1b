"""An account's one request at a time, with commands before polls."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Turn:
    """A lock with two queues: who is urgent goes before all who are not."""

    def __init__(self) -> None:
        self._held = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    def locked(self) -> bool:
        """Return whether somebody holds it."""
        return self._held

    @asynccontextmanager
    async def taken(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold the turn for as long as the block lasts."""
        await self._take(self._urgent if urgent else self._patient)
        try:
            yield
        finally:
            self._pass_on()

    async def __aenter__(self) -> None:
        """Take the turn as one who can wait."""
        await self._take(self._patient)

    async def __aexit__(self, *_: object) -> None:
        """Pass it on."""
        self._pass_on()

    async def _take(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._held:
            self._held = True
            return
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # it was given to one who does not want it any more
            else:
                with suppress(ValueError):  # passed over already
                    queue.remove(mine)
            raise

    def _pass_on(self) -> None:
        for queue in (self._urgent, self._patient):
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._held = False
