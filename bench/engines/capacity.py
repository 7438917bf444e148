"""`python -m bench.engines.capacity`: what many shops cost, from measured figures and a load.

Plays one day: every shop is imported at some time of a window, its records change all
day. Prints what that takes on average and in the busiest minute, and what runs out first.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

import click

PAGE = 250
_MINUTES, _MINUTE_S, _DAY_S = 24 * 60, 60, 24 * 60 * 60
_GIB, _MIB = 2**30, 2**20
# Processors are planned to be no busier, so that calls do not wait for each other.
_BUSY = 0.7
# Of a core with 8 threads: for calls, exports and notices.
_CONNECTIONS = 8 + 4 + 4


class Figures(NamedTuple):
    """What was measured on one processor; docs/scaling.md names the commands.

    …_us: processor time. page_blocks: of 8 KiB, of a page whose records were loaded one
    after the other. put_log_bytes: of the write-ahead log, for a record that is replaced.
    """

    table_bytes: int = 468
    index_bytes: int = 41 + 41
    put_log_bytes: int = 1300
    page_blocks: int = 32
    facade_page_us: int = 400
    core_page_us: int = 800
    server_page_us: int = 400
    core_put_us: int = 30
    server_put_us: int = 10
    core_mib: int = 120


class Load(NamedTuple):
    """What is asked of it in a day.

    imports: full walks of each shop, begun within window_h hours. changes: records put
    a day, as a share. spread: of a page's records, how many stand away from each
    other, since they changed at other times than their neighbours.
    """

    shops: int = 100_000
    records: int = 10**9
    imports: float = 1.0
    window_h: float = 4.0
    changes: float = 0.01
    spread: float = 0.1
    seed: int = 1


class Server(NamedTuple):
    """The machine of the database. reads: of single blocks a second."""

    processors: int = 16
    memory_gib: int = 128
    disk_gib: int = 2000
    reads: int = 16_000
    log_mib: int = 100
    connections: int = 200


class Need(NamedTuple):
    """What is needed on average and in the busiest minute, of what a server has."""

    name: str
    average: float
    peak: float
    has: float
    remedy: str

    @property
    def share(self) -> float:
        """Of what there is, in the busiest minute."""
        return self.peak / self.has


class Day(NamedTuple):
    """A day that was played. pages: in each of its minutes. puts_per_s: all day."""

    pages: list[int]
    puts_per_s: float

    @property
    def average(self) -> float:
        """Pages a second, over the day."""
        return sum(self.pages) / _DAY_S

    @property
    def peak(self) -> float:
        """Pages a second, in the busiest minute."""
        return max(self.pages) / _MINUTE_S


def played(load: Load) -> Day:
    """A day: shops of very different sizes, each imported when chance will have it."""
    rng = random.Random(load.seed)  # noqa: S311 - a plan, not a secret
    # A tenth of the shops then holds about half of all records.
    weights = [rng.lognormvariate(0, 1.3) for _ in range(load.shops)]
    records_a_weight = load.records / sum(weights)
    pages = [0] * _MINUTES
    for weight in weights:
        walk_pages = math.ceil(weight * records_a_weight / PAGE)
        for _ in range(_drawn(rng, load.imports)):
            begun = rng.random() * load.window_h * 60
            _walk(pages, int(begun), walk_pages)
    return Day(pages, load.records * load.changes / _DAY_S)


def needs(figures: Figures, load: Load, day: Day, server: Server) -> list[Need]:
    """What one database server must give."""
    size_gib = bytes_of(figures, load) / _GIB
    log_mib = day.puts_per_s * figures.put_log_bytes / _MIB
    cores = _core_processes(figures, day, day.peak)
    connections = cores * _CONNECTIONS
    return [
        Need(
            "processors, 70 % busy at most",
            _server_processors(figures, day, day.average),
            _server_processors(figures, day, day.peak),
            server.processors * _BUSY,
            "several servers (Citus)",
        ),
        Need(
            "blocks read from disk a second",
            day.average * _cold_blocks(figures, load, server),
            day.peak * _cold_blocks(figures, load, server),
            server.reads,
            "walks that begin at the commit read only what changed; then more memory, or several "
            "servers (Citus)",
        ),
        Need("write-ahead log, MiB/s", log_mib, log_mib, server.log_mib, "put only what changed"),
        Need("disk, GiB", size_gib, size_gib, server.disk_gib, "a larger disk, or several servers"),
        Need("connections", connections, connections, server.connections, "raise max_connections"),
    ]


def bytes_of(figures: Figures, load: Load) -> int:
    """Of all records with their indexes."""
    return load.records * (figures.table_bytes + figures.index_bytes)


def report(figures: Figures, load: Load, server: Server) -> Iterator[str]:
    """The plan, in Markdown."""
    day = played(load)
    yield f"{load.shops:,} shops, {load.records:,} records. {_told(load)}"
    yield from ("", "| a day | average | busiest minute |", "|---|---:|---:|")
    yield f"| pages of {PAGE} a second | {day.average:,.1f} | {day.peak:,.1f} |"
    yield f"| records put a second | {day.puts_per_s:,.0f} | {day.puts_per_s:,.0f} |"
    cores = [_core_processes(figures, day, rate) for rate in (day.average, day.peak)]
    facades = [_processes(rate * figures.facade_page_us) for rate in (day.average, day.peak)]
    yield f"| core processes | {cores[0]} | {cores[1]} |"
    yield f"| facade processes | {facades[0]} | {facades[1]} |"
    memory = [count * figures.core_mib for count in cores]
    yield f"| memory of the cores, MiB | {memory[0]:,} | {memory[1]:,} |"
    yield from ("", "| one database server | average | busiest minute | it has | share |")
    yield "|---|---:|---:|---:|---:|"
    needed = needs(figures, load, day, server)
    for need in needed:
        told = f"{need.average:,.2f} | {need.peak:,.2f} | {need.has:,.0f} | {need.share:.0%}"
        yield f"| {need.name} | {told} |"
    first = max(needed, key=lambda need: need.share)
    yield from ("", f"First to run out: {first.name}, {first.share:.0%}. Remedy: {first.remedy}.")


@click.command()
@click.option("--shops", type=click.IntRange(1), default=Load().shops, show_default=True)
@click.option("--records", type=click.IntRange(1), default=Load().records, show_default=True)
@click.option("--imports", type=click.FloatRange(0), default=Load().imports, show_default=True)
@click.option("--window-h", type=click.FloatRange(0.1, 24), default=4.0, show_default=True)
@click.option("--changes", type=click.FloatRange(0), default=Load().changes, show_default=True)
@click.option("--spread", type=click.FloatRange(0, 1), default=Load().spread, show_default=True)
@click.option("--memory-gib", type=click.IntRange(1), default=128, show_default=True)
@click.option("--reads", type=click.IntRange(1), default=Server().reads, show_default=True)
def main(
    shops: int,
    records: int,
    imports: float,
    window_h: float,
    changes: float,
    spread: float,
    memory_gib: int,
    reads: int,
) -> None:
    """Prints the plan. imports: full walks of a shop a day; changes: share of records a day."""
    load = Load(shops, records, imports, window_h, changes, spread)
    for line in report(Figures(), load, Server(memory_gib=memory_gib, reads=reads)):
        click.echo(line)


def _walk(pages: list[int], minute: int, count: int) -> None:
    """Adds a walk's pages from a minute on, ten a second: importers store what they read."""
    while count > 0:
        now = min(count, 10 * _MINUTE_S)
        pages[minute % _MINUTES] += now
        minute, count = minute + 1, count - now


def _drawn(rng: random.Random, mean: float) -> int:
    """A whole number of this mean."""
    return int(mean) + (rng.random() < mean % 1)


def _cold_blocks(figures: Figures, load: Load, server: Server) -> float:
    """Blocks of a page that are not in the server's memory."""
    size_gib = bytes_of(figures, load) / _GIB
    cold = max(0.0, 1 - server.memory_gib / size_gib)
    return cold * (figures.page_blocks + load.spread * PAGE)


def _server_processors(figures: Figures, day: Day, pages_per_s: float) -> float:
    puts_us = day.puts_per_s * figures.server_put_us
    return (pages_per_s * figures.server_page_us + puts_us) / 1e6


def _core_processes(figures: Figures, day: Day, pages_per_s: float) -> int:
    puts_us = day.puts_per_s * figures.core_put_us
    return _processes(pages_per_s * figures.core_page_us + puts_us)


def _processes(busy_us_a_second: float) -> int:
    """A process computes on one processor at a time."""
    return math.ceil(busy_us_a_second / 1e6 / _BUSY)


def _told(load: Load) -> str:
    return (
        f"A day: {load.imports:g} full imports of each within {load.window_h:g} hours, "
        f"{load.changes:.1%} of the records put."
    )


if __name__ == "__main__":
    main()
