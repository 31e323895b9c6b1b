"""An account's one request at a time, with commands before polls."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class _Waiter:
    """Somebody who waits for the turn."""

    task: "asyncio.Task[object] | None"
    given: "asyncio.Future[None]"
    urgent: bool


class Turn:
    """A lock with two queues: who is urgent goes before all who are not."""

    def __init__(self) -> None:
        self._held = False
        self._holder: asyncio.Task[object] | None = None
        self.urgent = False
        """Whether one who is urgent holds it."""
        self.owed = False
        """Whether what its holder does follows from a command that was allowed; the holder says so, for this time."""
        self._urgent: deque[_Waiter] = deque()
        self._patient: deque[_Waiter] = deque()

    def locked(self) -> bool:
        """Return whether somebody holds it."""
        return self._held

    @asynccontextmanager
    async def taken(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold the turn for as long as the block lasts."""
        await self._take(urgent=urgent)
        try:
            yield
        finally:
            self._release()

    async def __aenter__(self) -> None:
        """Take the turn as one who can wait."""
        await self._take(urgent=False)

    async def __aexit__(self, *_: object) -> None:
        """Pass it on."""
        self._release()

    async def give_way(self) -> None:
        """Let all go first who are urgent, in the middle of what takes long; for the one who holds the turn.

        Nothing happens where nobody urgent waits, nor when anybody else calls it.
        """
        if self._urgent and not self.urgent and self._mine():
            self._pass_on()
            await self._take(urgent=False, first=True)

    def _mine(self) -> bool:
        return self._held and self._holder is asyncio.current_task()

    def _hold(self, task: "asyncio.Task[object] | None", *, urgent: bool) -> None:
        self._held, self._holder, self.urgent, self.owed = True, task, urgent, False

    async def _take(self, *, urgent: bool, first: bool = False) -> None:
        task = asyncio.current_task()
        if not self._held:
            self._hold(task, urgent=urgent)
            return
        mine = _Waiter(task, asyncio.get_running_loop().create_future(), urgent)
        queue = self._urgent if urgent else self._patient
        queue.insert(0 if first else len(queue), mine)
        try:
            await mine.given
        except asyncio.CancelledError:
            if mine.given.done() and not mine.given.cancelled():
                self._pass_on()  # it was given to one who does not want it any more
            else:
                with suppress(ValueError):  # passed over already
                    queue.remove(mine)
            raise

    def _release(self) -> None:
        if self._mine():  # not if it was given away, and then never came back
            self._pass_on()

    def _pass_on(self) -> None:
        for queue in (self._urgent, self._patient):
            while queue:
                waiter = queue.popleft()
                if not waiter.given.done():
                    self._hold(waiter.task, urgent=waiter.urgent)
                    waiter.given.set_result(None)
                    return
        self._held, self._holder, self.urgent, self.owed = False, None, False, False
