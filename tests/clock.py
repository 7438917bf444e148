"""The core's time, in a test's hands."""

from __future__ import annotations

import pytest

from pullfeed_server import clock

# 2026-01-01T00:00:00Z
BEGIN_US = 1_767_225_600_000_000
HOUR_US = 3600 * 1_000_000
DAY_US = 24 * HOUR_US


class Clock:
    """Stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_us = BEGIN_US
        monkeypatch.setattr(clock, "now_us", lambda: self.now_us)

    def forward(self, microseconds: int) -> None:
        """Lets time pass."""
        self.now_us += microseconds
