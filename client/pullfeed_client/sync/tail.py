"""Rows on their way to the core, and what is remembered once it has answered."""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pullfeed.v1 import record_service_pb2
from pullfeed_client import messages, scopes
from pullfeed_client.sources.row import Row
from pullfeed_client.sync import marks, roll, state

_DIGEST_BYTES = 16


class _Sent(NamedTuple):
    """A row that was given on. fingerprint: None where nobody asks for it."""

    id: str
    fingerprint: bytes | None
    changed: Any


class Tail:
    """Lets rows through to the core, in their order, and keeps in mind what is not answered.

    read: rows so far. nameless: those whose id cannot be told.
    """

    def __init__(self, kind: scopes.Kind, memory: state.Memory, known: roll.Roll | None) -> None:
        """known: the ids the core had before, to be struck off."""
        self.read = 0
        self.nameless = 0
        self._kind = kind
        self._memory = memory
        self._known = known
        self._sent: collections.deque[_Sent] = collections.deque()

    def all(self, rows: Iterable[Row]) -> Iterator[Row]:
        """All of the rows."""
        for row in rows:
            self._sent.append(_Sent(self._seen(row), None, row.changed))
            yield row

    def differing(self, rows: Iterable[Row], *, is_full: bool) -> Iterator[Row]:
        """The rows that differ from what the core was last given; all where it is to be full."""
        for row in rows:
            record_id = self._seen(row)
            fingerprint = _fingerprint(row, self._kind)
            if is_full or self._is_new(record_id, fingerprint):
                self._sent.append(_Sent(record_id, fingerprint, None))
                yield row

    def answered(self, count: int) -> list[Any]:
        """The core has answered so many more rows; gives when each was changed."""
        done = [self._sent.popleft() for _ in range(count)]
        self._memory.keep_fingerprints(
            (one.id, one.fingerprint) for one in done if one.id and one.fingerprint is not None
        )
        return [one.changed for one in done]

    def _seen(self, row: Row) -> str:
        record_id = messages.id_of(row, self._kind)
        self.read += 1
        self.nameless += not record_id
        if self._known is not None and record_id:
            self._known.strike(record_id)
        return record_id

    def _is_new(self, record_id: str, fingerprint: bytes) -> bool:
        """Must the core be told. An id that it has no more is, though nothing changed here."""
        if not record_id or self._memory.fingerprint(record_id) != fingerprint:
            return True
        return self._known is not None and not self._known.has(record_id)


class Progress:
    """The mark of a pass, moved by what was answered."""

    def __init__(self, memory: state.Memory, column: marks.Marks, mark: Any) -> None:
        self._memory = memory
        self._column = column
        self._kept = mark
        self.mark = mark

    def take(self, changed: Iterable[Any]) -> None:
        """Moves the mark over rows that were answered."""
        for value in changed:
            if self._column.is_reached(value):
                self.mark = marks.later(self.mark, value)

    def keep(self) -> None:
        """Remembers the mark, where it has moved."""
        if self.mark != self._kept:
            self._memory.keep_mark(self.mark)
            self._kept = self.mark


def _fingerprint(row: Row, kind: scopes.Kind) -> bytes:
    """Of the row as the core would get it, what cannot be read included."""
    request = record_service_pb2.PutRecordsRequest()
    try:
        messages.add(request, row, kind)
        told = request.SerializeToString(deterministic=True)
    except messages.Unreadable as error:
        told = repr((error.all, row.fields)).encode()
    return hashlib.blake2b(told, digest_size=_DIGEST_BYTES).digest()
