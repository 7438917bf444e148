"""What a command reads: a file with the contract's own names, or a source with its mapping."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import click

from pullfeed_client import errors, messages, scopes
from pullfeed_client.mapping import plan, reading
from pullfeed_client.sources import files, form, streams

Function = TypeVar("Function", bound=Callable[..., Any])

# An order's products and buyer come first, for those who look at the shop meanwhile.
_ORDER = ("product", "customer", "order")


@dataclasses.dataclass(frozen=True)
class Supply:
    """The records of one scope. size: bytes, None where not known.

    invented: synthetic values so far, by field; said: fields that the mapping
    gives one value for all, with its reason.
    """

    kind: scopes.Kind
    rows: Callable[[], contextlib.AbstractContextManager[Iterator[files.Row]]]
    files: list[str]
    invented: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    said: list[reading.Invention] = dataclasses.field(default_factory=list[reading.Invention])

    @property
    def size(self) -> int | None:
        """Bytes that will be read; None where that is not known."""
        sizes = [streams.size_of(name) for name in self.files]
        return None if None in sizes else sum(size for size in sizes if size)


def of(
    source: str, scope: str | None, mapping: str | None, file_format: str | None
) -> list[Supply]:
    """What a source has of a scope; without one, of every scope its mapping has.

    Raises Misused, before anything is read, where source and mapping do not fit.
    """
    if mapping is None:
        return [_plain(source, scope, file_format)]
    read = plan.read(mapping)
    if scope is None and form.is_folder(source):
        names = [name for name in _ORDER if name in read.sections]
        return [_mapped(read.section(name), read, source, file_format) for name in names]
    return [_mapped(read.section(scope), read, source, file_format)]


def options(function: Function) -> Function:
    """Gives a command the options that say what it reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.argument("source", type=click.Path(exists=True, allow_dash=True)),
    click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False),
        help="Mapping file, TOML. Else fields and columns bear the contract's names.",
    ),
    click.option(
        "--scope",
        type=click.Choice(tuple(scopes.KINDS)),
        help="Which kind of record. Not needed where the mapping has only one, or for a folder.",
    ),
    click.option(
        "--format",
        "file_format",
        type=click.Choice(form.NAMES),
        help="Else by the file's ending; JSON Lines from standard input.",
    ),
)


def _plain(source: str, scope: str | None, file_format: str | None) -> Supply:
    if scope is None:
        raise errors.Misused("Say which kind of record it is: --scope customer, order or product.")
    if form.is_folder(source):
        raise errors.Misused(f"{source} is a folder: only a --mapping can say what is in it.")
    kind = scopes.KINDS[scope]
    written = form.Form(format=file_format)
    if form.format_of(source, written) == "csv" and scope == "order":
        raise errors.Misused(
            "CSV cannot hold an order's line items: use JSON Lines, or a --mapping."
        )

    @contextlib.contextmanager
    def rows() -> Generator[Iterator[files.Row]]:
        with streams.opened(source) as stream:
            table = files.table(stream, source, written)
            files.check_columns(table.columns, messages.columns(kind))
            yield table.rows

    return Supply(kind, rows, [source])


def _mapped(
    section: plan.Section, mapping: plan.Mapping, source: str, file_format: str | None
) -> Supply:
    mapped = reading.Mapped(mapping, section.written_as(file_format), source)
    return Supply(section.kind, mapped.rows, mapped.files, mapped.invented, mapped.said)
