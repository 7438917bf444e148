"""Rows that belong together: one group for each key, whatever the file's size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pullfeed_client import errors
from pullfeed_client.mapping import parts
from pullfeed_client.mapping.cells import Cells
from pullfeed_client.mapping.spool import Spool
from pullfeed_client.sources.row import Row

_KEPT_AT_ONCE = 1_000


class Group(NamedTuple):
    """Rows of one key in their order; is_cut: there are more than are kept."""

    rows: list[Row]
    is_cut: bool


def adjacent(rows: Iterable[Row], key_of: Callable[[Cells], str], spool: Spool) -> Iterator[Group]:
    """Groups of rows that follow each other. Raises Misused where a key comes again."""
    for key, group in itertools.groupby(rows, lambda row: key_of(row.fields or {})):
        if not key:
            yield from _singles(group)
            continue
        made = _group(group)
        if not spool.is_new(key):
            raise errors.Misused(
                f"Line {made.rows[0].line}: a group comes again that ended before. "
                "Leave out adjacent = true: the rows are then brought together first."
            )
        yield made


def gathered(rows: Iterable[Row], key_of: Callable[[Cells], str], spool: Spool) -> Iterator[Group]:
    """Groups of rows that may stand anywhere, in the order of their first rows.

    What has no key is in no group and comes first, row by row.
    """
    for batch in _batches(rows):
        kept: list[tuple[str, Row]] = []
        for row in batch:
            key = key_of(row.fields or {})
            if key:
                kept.append((key, row))
            else:
                yield Group([row], is_cut=False)
        spool.keep(kept)
    for _, group in itertools.groupby(spool.by_key(), lambda kept: kept[0]):
        yield _group(row for _, row in group)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    coming = iter(rows)
    while batch := list(itertools.islice(coming, _KEPT_AT_ONCE)):
        yield batch


def _singles(rows: Iterable[Row]) -> Iterator[Group]:
    for row in rows:
        yield Group([row], is_cut=False)


def _group(rows: Iterable[Row]) -> Group:
    coming = iter(rows)
    kept = list(itertools.islice(coming, parts.MAX_ROWS))
    is_cut = False
    for _ in coming:
        is_cut = True
    return Group(kept, is_cut)
