"""How fast a source may be read, so that it has time for its own work."""

from __future__ import annotations

import time


class Pace:
    """Keeps reading at so many rows a second, on the whole."""

    def __init__(self, rows_per_second: int | None) -> None:
        """rows_per_second: None for as fast as can be."""
        self._rows_per_second = rows_per_second
        self._begun = time.monotonic()
        self._rows = 0

    def keep(self, rows: int) -> None:
        """Waits, after so many more rows, until they were not too fast."""
        if self._rows_per_second is None:
            return
        self._rows += rows
        due = self._begun + self._rows / self._rows_per_second
        ahead = due - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
