"""Passes one after the other, until somebody ends them."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable

import click

from pullfeed_client import bell, errors

_DURATION = re.compile(r"(\d{1,6})([smh]?)\Z")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A time like 60s, 5m or 1h, in seconds."""

    name = "time"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds. Fails where it is none, or no time at all."""
        found = _DURATION.match(value) if isinstance(value, str) else None
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is no time like 60s, 5m or 1h.", param, ctx)
        return float(int(found[1]) * _SECONDS[found[2]])


def every(seconds: float, work: Callable[[], object]) -> None:
    """Works so often, until it is interrupted. A run that takes longer is followed at once.

    What only the surroundings do not allow is told, and tried again the next time.
    """
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(bell.Bell()) as rest:
        while True:
            begun = time.monotonic()
            try:
                work()
            except errors.Environment as error:
                error.show()
            rest.wait(max(0.0, begun + seconds - time.monotonic()))
