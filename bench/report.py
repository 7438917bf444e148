"""The one table of a run, and the run as JSON."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench import plan

PACKAGES = ("grpcio", "protobuf", "flask", "granian", "gunicorn", "sqlalchemy", "orjson")


class Run(NamedTuple):
    """What a run found.

    paged: the table's rows. crawled: those that were walked too. peer: the row
    that all ratios are to.
    """

    paged: Sequence[str]
    crawled: Sequence[str]
    peer: str
    customers: int
    rounds: int
    figures: plan.Figures
    puts_per_s: Sequence[float]


def table(run: Run) -> Iterator[str]:
    """The run in Markdown; in brackets how many times the peer's speed a figure is."""
    titles = [cell.title for cell in plan.CELLS]
    yield f"| pages/s | {' | '.join(titles)} | {plan.CRAWL} | last : second page |"
    yield f"|---|{'---:|' * (len(titles) + 2)}"
    for name in run.paged:
        rates = [_rate(run, name, title) for title in titles]
        yield f"| {name} | {' | '.join([*rates, *_crawled(run, name)])} |"


def notes(run: Run) -> Iterator[str]:
    """What the table is about, and what it has no room for."""
    yield f"{run.customers:,} customers, medians of {run.rounds} rounds. {machine()}"
    yield versions()
    puts = ", ".join(f"{rate:,.0f}" for rate in sorted(run.puts_per_s))
    yield f"First loads with `pullfeed load`, its own start among them: {puts} customers/s."


def as_json(run: Run) -> dict[str, Any]:
    """Every figure of every round."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "customers": run.customers,
        "rounds": run.rounds,
        "peer": run.peer,
        "puts_per_s": run.puts_per_s,
        "figures": run.figures.all(),
    }


def machine() -> str:
    """Processors, system, and how busy it was with all of this, in a line."""
    load = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, load {load:.1f}."
    )


def versions() -> str:
    """What was run, in a line."""
    packages = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    python = f"Python {platform.python_version()}"
    return ", ".join([python, f"SQLite {sqlite3.sqlite_version}", *packages])


def _rate(run: Run, name: str, column: str) -> str:
    times = run.figures.ratio(name, column, run.peer)
    return f"{run.figures.median(name, column):,.0f} ({times:.1f})"


def _crawled(run: Run, name: str) -> list[str]:
    if name not in run.crawled:
        return ["", ""]
    seconds = run.figures.median(name, plan.CRAWL)
    # Seconds: the peer's over ours is how many times as fast.
    times = 1 / run.figures.ratio(name, plan.CRAWL, run.peer)
    depth = run.figures.ratio(name, plan.LAST_PAGE, name, plan.SECOND_PAGE)
    return [f"{seconds:.2f} ({times:.1f})", f"{depth:.2f}"]
