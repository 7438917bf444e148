"""What people and scripts see: tables and progress on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import csv as csv_lines
import io
import itertools
import json
import sys
from collections.abc import Generator, Iterable, Sequence
from typing import Any, Protocol, cast

import click
from google.protobuf import message
from rich import console, progress, table, text

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")

Row = dict[str, Any]


def rows(items: Iterable[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Prints a listing: JSON lines, a table on a terminal, else columns divided by tabs.

    All but the table print each row as it comes, so a long listing needs no memory.
    """
    if as_json:
        for item in items:
            json_line(item)
    elif sys.stdout.isatty():
        _table(items, columns)
    else:
        _tabbed(items, columns)


def csv(items: Iterable[Row], columns: Sequence[str]) -> None:
    """Prints a listing as CSV, each row as it comes."""
    for cells in itertools.chain([columns], ([item[name] for name in columns] for item in items)):
        line = io.StringIO()
        csv_lines.writer(line, lineterminator="").writerow(cells)
        click.echo(line.getvalue())


def json_line(item: Row) -> None:
    """Prints one JSON object on a line of its own."""
    click.echo(json.dumps(item, ensure_ascii=False, separators=(",", ":")))


def date(record: message.Message, field: str) -> str | None:
    """A timestamp field as RFC 3339 text; None where it is not set."""
    return getattr(record, field).ToJsonString() if record.HasField(field) else None


class Advance(Protocol):
    """Moves a progress bar. note: what stands behind its title from then on."""

    def __call__(self, amount: int, note: str = "", /) -> None: ...


@contextlib.contextmanager
def bar(title: str, total: int | None, unit: str) -> Generator[Advance]:
    """A progress bar that is moved by calling what comes back; nothing off a terminal.

    total: None where it is not known.
    """
    if not sys.stdout.isatty():
        yield _ignore
        return
    with progress.Progress(*_columns(total, unit), console=console.Console()) as shown:
        task = shown.add_task(title, total=total)

        def advance(amount: int, note: str = "", /) -> None:
            shown.update(task, advance=amount, description=f"{title} {note}".strip())

        yield advance


def _columns(total: int | None, unit: str) -> tuple[progress.ProgressColumn, ...]:
    title = progress.TextColumn("{task.description}")
    elapsed = progress.TimeElapsedColumn()
    if total is None:
        return title, progress.TextColumn("{task.completed} " + unit), elapsed
    return title, progress.BarColumn(), progress.TaskProgressColumn(), elapsed


def _table(items: Iterable[Row], columns: Sequence[str]) -> None:
    shown = table.Table(*columns)
    for item in items:
        # As Text: a value in square brackets is no markup.
        shown.add_row(*(text.Text(_plain(item[column])) for column in columns))
    console.Console().print(shown)


def _tabbed(items: Iterable[Row], columns: Sequence[str]) -> None:
    coming = iter(items)
    # The first row is asked for before the header is printed: a listing that
    # fails at once prints nothing.
    first = next(coming, None)
    click.echo("\t".join(columns))
    for item in itertools.chain([] if first is None else [first], coming):
        click.echo("\t".join(_plain(item[column]) for column in columns))


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_plain, cast("list[object]", value)))
    # A line break or a tab in a value must not look like another row or column.
    return str(value).translate({9: " ", 10: " ", 13: " "})


def _ignore(amount: int, note: str = "", /) -> None:
    del amount, note
