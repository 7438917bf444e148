"""`python -m bench.engines`: both engines in turns, in three tables."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Callable, Iterator

import click
from tests import databases

from bench import report
from bench.engines import cores, crowd, services, turns

Url = Callable[[str], str]


@click.command()
@click.option("--customers", type=click.IntRange(1000), default=50_000, show_default=True)
@click.option("--shops", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--deep", type=click.IntRange(1000), default=1_000_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=40, show_default=True)
def main(customers: int, shops: int, deep: int, rounds: int) -> None:
    """Measures pages, puts, depth, many shops, and two cores beside one.

    shops: beside those whose pages are read. deep: records of one shop.
    """
    made = databases.Databases(fsync="on")
    with tempfile.TemporaryDirectory(prefix="pullfeed-bench-") as name:

        def url(engine: str) -> str:
            folder = pathlib.Path(tempfile.mkdtemp(dir=name))
            return made.url(engine, folder)

        try:
            for line in _lines(url, customers, shops, deep, rounds):
                click.echo(line)
            for line in cores.table(made.server, pathlib.Path(name), rounds):
                click.echo(line)
        finally:
            made.close()
    click.echo(f"\n{report.machine()}")


def _lines(url: Url, customers: int, shops: int, deep: int, rounds: int) -> Iterator[str]:
    yield from _services(url, customers, rounds)
    yield ""
    yield from _scans(url, shops, deep, rounds)
    yield ""


def _services(url: Url, customers: int, rounds: int) -> Iterator[str]:
    subjects = [services.Services(url(engine), customers) for engine in databases.ENGINES]
    yield f"| {customers:,} customers | SQLite | PostgreSQL | ratio |"
    yield "|---|---:|---:|---:|"
    for measures in zip(*(subject.measures() for subject in subjects), strict=True):
        told = turns.medians(measures, rounds)
        figures = " | ".join(f"{one:,.0f}" if measures[0].per_s else f"{one:.2f}" for one in told)
        yield f"| {measures[0].name} | {figures} | {told[1] / told[0]:.2f} |"
    for subject in subjects:
        subject.store.close()


def _scans(url: Url, shops: int, deep: int, rounds: int) -> Iterator[str]:
    kinds = (
        crowd.MEASURED,
        crowd.Shops("deep", 1, deep),
        crowd.Shops("shop", shops, crowd.SMALL),
    )
    yield "| page of 250 | engine | ms | ratio | rows or steps | blocks |"
    yield "|---|---|---:|---:|---:|---:|"
    names = ("a lone shop", f"one of {shops:,} shops", f"first of {deep:,} records", "last of them")
    for engine in databases.ENGINES:
        lone = crowd.Crowd(url(engine), crowd.MEASURED)
        many = crowd.Crowd(url(engine), *kinds)
        # One row behind it, as behind all others.
        depth = crowd.Depth(lone, many, deep - crowd.PAGE - 1)
        told = turns.medians(depth.measures(), rounds * 5)
        for index, (name, scan) in enumerate(zip(names, depth.scans(), strict=True)):
            ratio = f"{told[index] / told[index - 1]:.2f}" if index % 2 else ""
            figures = f"{told[index]:.3f} | {ratio} | {scan.rows} | {scan.blocks or ''}"
            yield f"| {name} | {engine} | {figures} |"
        lone.store.close()
        many.store.close()


if __name__ == "__main__":
    main()
