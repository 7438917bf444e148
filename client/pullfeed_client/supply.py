"""What a command reads: a file with the contract's own names, or a source with its mapping."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import click

from pullfeed_client import errors, messages, scopes
from pullfeed_client.mapping import plan, reading
from pullfeed_client.sources import addresses, files, form, streams

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
    size: int | None = None
    invented: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    said: list[reading.Invention] = dataclasses.field(default_factory=list[reading.Invention])


def of(
    source: str | None, scope: str | None, mapping: str | None, file_format: str | None
) -> list[Supply]:
    """What a source has of a scope; without one, of every scope its mapping has.

    source: None where the mapping says where everything is.

    Raises Misused, before anything is read, where source and mapping do not fit.
    """
    if mapping is None:
        if source is None or addresses.is_one(source):
            raise errors.Misused("Name a file, or say with --mapping what is to be read.")
        return [_plain(source, scope, file_format)]
    read = plan.read(mapping)
    is_file = source is not None and not addresses.is_one(source) and not form.is_folder(source)
    if scope is None and not is_file:
        names = scopes_of(read, None)
        return [_mapped(read.section(name), read, source, file_format) for name in names]
    return [_mapped(read.section(scope), read, source, file_format)]


def scopes_of(mapping: plan.Mapping, scope: str | None) -> list[str]:
    """The scope asked for, or all that the mapping has, in the order they are best read in."""
    return [scope] if scope else [name for name in _ORDER if name in mapping.sections]


def title(source: str | None, mapping: str | None) -> str:
    """What a report calls the source; never an address with a password."""
    if source is None:
        return pathlib.PurePath(mapping or "").name
    if addresses.is_one(source):
        return addresses.told(addresses.resolved(source))
    return pathlib.PurePath(source).name


def options(function: Function) -> Function:
    """Gives a command the options that say what it reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class _Source(click.ParamType[str]):
    """A file or folder that is there, - for standard input, or a database."""

    name = "source"
    _path = click.Path(exists=True, allow_dash=True)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is. Fails where it names a file that is not there."""
        return value if addresses.is_one(value) else str(self._path.convert(value, param, ctx))


SOURCE = _Source()
_OPTIONS = (
    click.argument("source", type=SOURCE, required=False),
    click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False),
        help="Mapping file, TOML. Else fields and columns bear the contract's names.",
    ),
    click.option(
        "--scope",
        type=click.Choice(tuple(scopes.KINDS)),
        help="Which kind of record. Not needed where the mapping has only one, or a folder one.",
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

    return Supply(kind, rows, streams.size_of(source))


def _mapped(
    section: plan.Section, mapping: plan.Mapping, source: str | None, file_format: str | None
) -> Supply:
    mapped = reading.Mapped(mapping, section.written_as(file_format), source)
    return Supply(section.kind, mapped.rows, mapped.size, mapped.invented, mapped.said)
