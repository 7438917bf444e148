"""Writes in the calling thread: the engine's row locks order the writers."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from sqlalchemy.engine import interfaces

from pullfeed_server import errors

T = TypeVar("T")
Cursor = interfaces.DBAPICursor
Begin = Callable[[], contextlib.AbstractContextManager[Cursor]]

# Runs of one write that the engine ends for the sake of another; the last one's error is told.
MAX_RUNS = 4
# Seconds before the second run, doubled each time. A write that came back at once would take
# the row again before the one it was ended for wakes up, and both would meet as before.
PAUSE_S = 0.02


class Writer:
    """Runs each write at once, on a connection of its own."""

    def __init__(
        self,
        begin: Begin,
        is_retried: Callable[[Exception], bool],
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """begin: opens a writing transaction that commits when it is left.

        is_retried: tells errors after which the same write may be run again.
        pause: waits so many seconds before it is.
        """
        self._begin = begin
        self._is_retried = is_retried
        self._pause = pause
        self._changed = threading.Condition()
        self._running = 0
        self._is_closed = False

    def run(self, work: Callable[[Cursor], T]) -> T:
        """What `work` returns, once it is committed; raises what it raised.

        Raises StoreUnavailable after `close`.
        """
        with self._in_flight():
            for run in range(MAX_RUNS - 1):
                try:
                    return self._once(work)
                except Exception as error:
                    if not self._is_retried(error):
                        raise
                # Not alike for two that were ended for each other.
                self._pause(random.uniform(0.5, 1) * PAUSE_S * 2**run)  # noqa: S311 - no secret
            return self._once(work)

    def close(self) -> None:
        """Returns when no write is in flight."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._running == 0)

    def _once(self, work: Callable[[Cursor], T]) -> T:
        with self._begin() as cursor:
            return work(cursor)

    @contextlib.contextmanager
    def _in_flight(self) -> Generator[None]:
        with self._changed:
            if self._is_closed:
                raise errors.StoreUnavailable("The core is stopping. Try again.")
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
