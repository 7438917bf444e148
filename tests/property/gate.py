"""A store whose numbered fetches can be held between their read and their write.

That gap is the one place where two requests for the same page can overtake each
other. Exactly one thread runs at any time, so a case plays out the same each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pullfeed_server.store import Store, Transaction

T = TypeVar("T")
# Far beyond what a busy machine takes: a case that ends by the clock cannot be played again.
DEADLINE_S = 120

_this_thread = threading.local()


class Crashed(Exception):
    """The core died before this call's write."""


class GatedStore:
    """Implements store.Store; a Held call stops at its first write."""

    def __init__(self, real: Store) -> None:
        self._real = real

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._real.read(work)

    def read_one(self, work: Callable[[Transaction], T]) -> T:
        return self._real.read_one(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        held: Held[object] | None = getattr(_this_thread, "held", None)
        if held is not None:
            held.wait_at_gate()
        return self._real.write(work)

    def scrub(self) -> list[str]:
        # What stays on a disk changes no case, and each VACUUM would hold one up.
        return []

    def close(self) -> None:
        self._real.close()


class Held(Generic[T]):
    """A call that has read and not written yet."""

    def __init__(self, call: Callable[[], T]) -> None:
        """Runs the call up to its write."""
        self._call = call
        self._arrived, self._opened = threading.Event(), threading.Event()
        self._crashed = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._arrived.wait(DEADLINE_S)

    def finish(self) -> T:
        """What the call returns once it has written."""
        self._opened.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def crash(self) -> None:
        """Ends the call; it writes nothing."""
        self._crashed = True
        self._opened.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def wait_at_gate(self) -> None:
        self._arrived.set()
        assert self._opened.wait(DEADLINE_S)
        if self._crashed:
            raise Crashed

    def _run(self) -> None:
        _this_thread.held = self
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - raised again by finish()
            self._error = error
        finally:
            self._arrived.set()
