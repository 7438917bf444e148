"""Things measured in turns, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

WARM_UP = 10


class Measure(NamedTuple):
    """One thing that is measured. per_s: things done by one run; 0 tells milliseconds instead."""

    name: str
    run: Callable[[], object]
    per_s: int = 0

    def told(self, taken_s: float) -> float:
        """The figure of a run that took so long."""
        return self.per_s / taken_s if self.per_s else taken_s * 1000


def medians(measures: Sequence[Measure], rounds: int) -> list[float]:
    """The median figure of each, one run of each after the other."""
    taken_s: list[list[float]] = [[_seconds(one.run) for one in measures] for _ in range(WARM_UP)]
    taken_s = [[_seconds(one.run) for one in measures] for _ in range(rounds)]
    by_measure = zip(measures, zip(*taken_s, strict=True), strict=True)
    return [one.told(statistics.median(each)) for one, each in by_measure]


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
