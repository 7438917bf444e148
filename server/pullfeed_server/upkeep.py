"""What a core does by itself, now and then, beside the calls it serves."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from pullfeed_server import errors

INTERVAL_S = 3600.0
# What is rested after a step, in steps of its length: calls have the time between.
_REST = 3.0

_log = logging.getLogger(__name__)


class Upkeep:
    """One thread that runs tasks one after the other, at the start and every hour from then on."""

    def __init__(
        self, tasks: Sequence[Callable[[], Iterable[object]]], interval_s: float = INTERVAL_S
    ) -> None:
        """tasks: each goes on by brief steps, between which it can be stopped."""
        self._tasks = tasks
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pullfeed-upkeep", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when no task runs any more; harmless before start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        due = True
        while due:
            for task in self._tasks:
                self._try(task)
            due = not self._stopped.wait(self._interval_s)

    def _try(self, task: Callable[[], Iterable[object]]) -> None:
        try:
            begun_s = time.monotonic()
            for _ in task():
                if self._stopped.wait(_REST * (time.monotonic() - begun_s)):
                    return
                begun_s = time.monotonic()
        except errors.PullfeedError as error:
            # The database is away or full; the next hour is soon enough.
            _log.warning("Upkeep was put off: %s", error.reason)
