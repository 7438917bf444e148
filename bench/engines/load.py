"""`python -m bench.engines.load`: a first load with `pullfeed load` into each engine.

How long it takes, what the processor time went to, how much memory the processes
had at most, and how many bytes the records take afterwards.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

import click
import orjson
import sqlalchemy as sa
from tests import databases, postgres

from bench import processes, report, servers, shop
from bench.engines import usage

# The table, and the two indexes that every record is in.
_TITLES = ("table", "primary key", "records_by_position")
_PARTS = {
    "sqlite": ("records", "sqlite_autoindex_records_1", "records_by_position"),
    "postgresql": ("records", "records_pkey", "records_by_position"),
}
# One of so many customers is put again with a newer version.
CHANGED = 10
_CHANGED_NAME, _NEWER = "changed.jsonl", "2026-01-01T00:00:00Z"
_LOG_POSITION = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"


class Load(NamedTuple):
    """What a load came to. Processor time and bytes are of all records together."""

    seconds: float
    core_s: float
    server_s: float
    loader_s: float
    core_mib: int
    loader_mib: int
    log_bytes: int
    part_bytes: list[int]
    changed_log_bytes: int


@click.command()
@click.option("--customers", type=click.IntRange(1000), default=1_000_000, show_default=True)
def main(customers: int) -> None:
    """Loads a file of customers into SQLite and into PostgreSQL, one after the other."""
    made = databases.Databases(fsync="on")
    try:
        with tempfile.TemporaryDirectory(prefix="pullfeed-bench-") as name:
            file = pathlib.Path(name) / "customers.jsonl"
            shop.write(file, customers)
            _write_changed(file, customers // CHANGED)
            loads = [_load(made, engine, file) for engine in databases.ENGINES]
    finally:
        made.close()
    for line in _table(loads, customers):
        click.echo(line)
    click.echo(f"\n{report.machine()}")


def _write_changed(file: pathlib.Path, count: int) -> None:
    """The first customers of a file, each with a newer version."""
    with file.open("rb") as read, file.with_name(_CHANGED_NAME).open("wb") as written:
        for line in itertools.islice(read, count):
            fields = orjson.loads(line) | {"last_modified_date": _NEWER}
            written.write(orjson.dumps(fields) + b"\n")


def _load(made: databases.Databases, engine: str, file: pathlib.Path) -> Load:
    folder = file.parent / engine
    (folder / "core").mkdir(parents=True)
    url = made.url(engine, folder)
    server = made.server if engine == "postgresql" else None
    with processes.Processes(folder) as running:
        core = servers.core(running, folder, url)
        server_s, logged_before = _server_s(server), _logged(server)
        core_s, begun = usage.cpu_s([core.pid]), time.perf_counter()
        used = _run_loader(core, file)
        seconds = time.perf_counter() - begun
        core_s, core_mib = usage.cpu_s([core.pid]) - core_s, usage.peak_mib(core.pid)
        server_s, logged = _server_s(server) - server_s, _logged(server) - logged_before
        parts = _sqlite_parts(url) if server is None else _server_parts(server, url)
        _run_loader(core, file.with_name(_CHANGED_NAME))
        changed_log = _logged(server) - logged_before - logged
    loader_s, loader_mib = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    memory = core_mib, loader_mib
    return Load(seconds, core_s, server_s, loader_s, *memory, logged, parts, changed_log)


def _run_loader(core: servers.Core, file: pathlib.Path) -> resource.struct_rusage:
    """What `pullfeed load` used, its own start among it."""
    # Not servers.load: what an ended process used is told only to who waits for it here.
    loader = subprocess.Popen(
        servers.loading(file, shop.SHOP),
        env=servers.client_environment(core),
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(loader.pid, 0)
    loader.returncode = os.waitstatus_to_exitcode(status)
    if loader.returncode:
        raise click.ClickException(f"pullfeed load ended with {loader.returncode}.")
    return used


def _server_s(server: postgres.Server | None) -> float:
    return 0.0 if server is None else usage.cpu_s([server.pid])


def _logged(server: postgres.Server | None) -> int:
    return 0 if server is None else int(server.execute(_LOG_POSITION)[0][0])


def _server_parts(server: postgres.Server, url: str) -> list[int]:
    name = str(sa.make_url(url).database)
    return [
        int(server.execute(f"SELECT pg_relation_size('{part}')", name)[0][0])
        for part in _PARTS["postgresql"]
    ]


def _sqlite_parts(url: str) -> list[int]:
    """Nothing where this Python's SQLite was built without the table that tells it."""
    connection = sqlite3.connect(str(sa.make_url(url).database))
    try:
        found = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()
    return [found[part] for part in _PARTS["sqlite"]]


def _table(loads: list[Load], customers: int) -> Iterator[str]:
    yield f"| {customers:,} customers by `pullfeed load` | SQLite | PostgreSQL |"
    yield "|---|---:|---:|"
    yield _row("seconds", [f"{one.seconds:.1f}" for one in loads])
    yield _row("customers/s", [f"{customers / one.seconds:,.0f}" for one in loads])
    for title, name in (
        ("the core", "core_s"),
        ("PostgreSQL", "server_s"),
        ("the loader", "loader_s"),
    ):
        spent = [getattr(one, name) / customers * 1e6 for one in loads]
        told = [f"{one:.1f}" if one else "" for one in spent]
        yield _row(f"processor time of {title}, us a customer", told)
    yield _row("memory of the core at most, MiB", [str(one.core_mib) for one in loads])
    yield _row("memory of the loader at most, MiB", [str(one.loader_mib) for one in loads])
    for title, name, count in (
        ("write-ahead log, bytes a customer", "log_bytes", customers),
        ("the same, of a customer replaced later", "changed_log_bytes", customers // CHANGED),
    ):
        logged = [getattr(one, name) / count for one in loads]
        yield _row(title, [f"{one:,.0f}" if one else "" for one in logged])
    parts = zip(*(one.part_bytes for one in loads), strict=True)
    for name, sizes in zip(_TITLES, parts, strict=True):
        told = [f"{size / customers:,.0f}" for size in sizes]
        yield _row(f"{name}, bytes a customer", told)


def _row(title: str, told: list[str]) -> str:
    return f"| {title} | {' | '.join(told)} |"


if __name__ == "__main__":
    main()
