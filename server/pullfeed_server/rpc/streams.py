"""Streams that are bounded in number and in time, so that they leave threads to other calls."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

import grpc

from pullfeed_server import errors

# An export goes on from its last position.
EXPORT_S = 600.0
MAX_REFLECTIONS = 2
REFLECTION_S = 10.0


def max_exports(threads: int) -> int:
    """Exports at the same time in a core that serves so many calls."""
    return max(1, threads // 2)


def threads_for(threads: int) -> int:
    """Threads that serve so many calls whatever the streams do."""
    return threads + max_exports(threads) + MAX_REFLECTIONS


class Slots:
    """A number of streams that may be served at once."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextlib.contextmanager
    def taken(self) -> Generator[None]:
        """Holds a slot. Raises Busy where none is free."""
        if not self._free.acquire(blocking=False):
            raise errors.Busy
        try:
            yield
        finally:
            self._free.release()


@contextlib.contextmanager
def lifetime(context: grpc.ServicerContext, seconds: float) -> Generator[None]:
    """Cancels a call that takes longer, also one that waits for its caller to send or to read."""
    timer = threading.Timer(seconds, context.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
