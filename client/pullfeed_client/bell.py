"""What the main thread waits for, so that every signal wakes it.

A signal that comes just before a wait for a lock or for a time begins, or that
another thread takes, is only noted: the wait would go on as if it had not come.
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket


class Bell:
    """Rung by any thread, and by every signal. One at a time, made in the main thread."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._rung.setblocking(False)
        # Python writes to it at every signal, whichever thread takes it.
        self._before = signal.set_wakeup_fd(self._rung.fileno(), warn_on_full_buffer=False)

    def ring(self) -> None:
        """Wakes who waits, or who will."""
        # A full buffer wakes as well.
        with contextlib.suppress(BlockingIOError):
            self._rung.send(b"!")

    def wait(self, seconds: float | None = None) -> bool:
        """Was it rung, once it was or the seconds are over."""
        heard, _, _ = select.select([self._heard], [], [], seconds)
        if heard:
            self._heard.recv(4096)
        return bool(heard)

    def close(self) -> None:
        """Nobody may ring any more."""
        signal.set_wakeup_fd(self._before)
        self._heard.close()
        self._rung.close()
