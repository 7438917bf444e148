"""Rows into the core: in batches, in their order, and what became of each."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import click

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, messages, scopes
from pullfeed_client.sources import files

# Well below the message limit, whatever a batch's rows become as Protobuf.
_BATCH_BYTES = 16 * 1024 * 1024
# Room for a word and blanks around it.
_MAX_CONSENT = 64
# The core keeps no more of a record that is wrong all over.
_MAX_TOLD = 32

batch_option = click.option(
    "--batch",
    "batch_rows",
    type=click.IntRange(1, 1000),
    default=1000,
    show_default=True,
    help="Records a call.",
)


@dataclasses.dataclass(frozen=True)
class Target:
    """Where the rows go. strict: stops at the first row that is none. batch_rows: 1 to 1,000."""

    shop: str
    kind: scopes.Kind
    force: bool = False
    strict: bool = False
    batch_rows: int = 1000


class Refusal(NamedTuple):
    """A row that was withheld. id: empty where only this answer knows of it."""

    line: int
    id: str
    violations: tuple[tuple[str, str], ...]
    file: str = ""

    def told(self) -> str:
        """Where the row stands and what is wrong with it, without a value of it."""
        broken = ", ".join(f"{field or 'row'} {reason}" for field, reason in self.violations)
        place = f"{self.file} line" if self.file else "line"
        return f"{place} {self.line}: {broken}"


class _Place(NamedTuple):
    line: int
    file: str


class Stopped(Exception):
    """A strict load met a row that cannot become a record."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(f"line {refusal.line}")


@dataclasses.dataclass
class Outcome:
    """How many rows became what. by_reason: rows with at least one such violation.

    stopped: the row a strict load ended at; all before it are counted.
    """

    stored: int = 0
    unchanged: int = 0
    stale: int = 0
    withheld: int = 0
    erased: int = 0
    by_reason: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter[str]
    )
    stopped: Refusal | None = None


class Batch:
    """A request in the making, with the lines its rows came from."""

    def __init__(self, target: Target) -> None:
        self.request = record_service_pb2.PutRecordsRequest(
            shop=target.shop, scope=target.kind.scope, force=target.force
        )
        # Rows the core is not asked about: without an id it could not keep them.
        self.refusals: list[Refusal] = []
        self.size = 0
        self._target = target
        self._places: list[_Place] = []
        self._unreadable: list[_Place] = []
        self._unreadable_ids: set[str] = set()

    @property
    def count(self) -> int:
        """Rows taken."""
        return len(self._places) + len(self._unreadable) + len(self.refusals)

    @property
    def is_empty(self) -> bool:
        """Is there nothing to ask the core."""
        return not self._places and not self._unreadable

    def has_room_for(self, row: files.Row) -> bool:
        """May the row still come into this batch."""
        count = self.count
        if count >= self._target.batch_rows or (count and self.size + row.size > _BATCH_BYTES):
            return False
        # The core takes `records` before `unreadable`: a row that comes behind an
        # unreadable one of the same id would be taken before it.
        ids = self._unreadable_ids
        return not ids or messages.id_of(row, self._target.kind) not in ids

    def take(self, row: files.Row) -> None:
        """Adds the row, as a record or among the unreadable. Raises Stopped where strict."""
        try:
            messages.add(self.request, row, self._target.kind)
        except messages.Unreadable as error:
            self._refuse(row, error)
        else:
            self._places.append(_Place(row.line, row.file))
        self.size += row.size

    def place_of(self, index: int) -> _Place:
        """Where what the core's answer calls by its index came from."""
        return (self._places + self._unreadable)[index]

    def _refuse(self, row: files.Row, error: messages.Unreadable) -> None:
        record_id = messages.id_of(row, self._target.kind)
        told = error.all[:_MAX_TOLD]
        refusal = Refusal(row.line, record_id, told, row.file)
        if self._target.strict:
            raise Stopped(refusal)
        if not record_id:
            self.refusals.append(refusal)
            return
        more = [record_service_pb2.Violation(field=one[0], reason=one[1]) for one in told[1:]]
        self.request.unreadable.add(
            id=record_id,
            field=error.field,
            reason=error.reason,
            more=more,
            consent=_consent(row),
        )
        self._unreadable.append(_Place(row.line, row.file))
        self._unreadable_ids.add(record_id)


def batches(rows: Iterable[files.Row], target: Target) -> Iterator[Batch]:
    """The rows as batches, in their order. Raises Stopped behind the last whole one."""
    batch = Batch(target)
    for row in rows:
        if not batch.has_room_for(row):
            yield batch
            batch = Batch(target)
        try:
            batch.take(row)
        except Stopped:
            yield batch
            raise
    yield batch


def run(
    core: connection.Core,
    rows: Iterable[files.Row],
    target: Target,
    on_refusal: Callable[[Refusal], None],
    advance: Callable[[int], None],
    on_answered: Callable[[int], None] | None = None,
) -> Outcome:
    """Puts the rows and tells what became of them.

    One batch is under way while the next is built; it is sent only when the one
    before is answered, because two puts of one id must not overtake each other.
    on_refusal: called for every withheld row. advance: called with bytes done.
    on_answered: called with how many more of the rows, in their order, are done.
    """
    outcome = Outcome()
    settle: Callable[[], None] = _nothing
    try:
        for batch in batches(rows, target):
            settle()
            settle = _sent(core, batch, outcome, on_refusal, advance, on_answered)
    except Stopped as stop:
        outcome.stopped = stop.refusal
    settle()
    return outcome


def _sent(
    core: connection.Core,
    batch: Batch,
    outcome: Outcome,
    on_refusal: Callable[[Refusal], None],
    advance: Callable[[int], None],
    on_answered: Callable[[int], None] | None,
) -> Callable[[], None]:
    """Sends the batch; what comes back waits for the answer and adds it to the outcome."""
    call = (
        None
        if batch.is_empty
        else core.records.PutRecords.future(
            batch.request, metadata=core.metadata, timeout=connection.CALL_S
        )
    )

    def settle() -> None:
        answer = call.result() if call else record_service_pb2.PutRecordsResponse()
        outcome.stored += answer.stored_count
        outcome.unchanged += answer.unchanged_count
        outcome.stale += len(answer.stale)
        outcome.erased += len(answer.erased)
        found = (*batch.refusals, *_refusals(batch, answer))
        for refusal in sorted(found, key=lambda refusal: (refusal.file, refusal.line)):
            outcome.withheld += 1
            outcome.by_reason.update({reason for _, reason in refusal.violations})
            on_refusal(refusal)
        advance(batch.size)
        if on_answered:
            on_answered(batch.count)

    return settle


def _refusals(batch: Batch, answer: record_service_pb2.PutRecordsResponse) -> Iterator[Refusal]:
    for refused in answer.withheld:
        broken = tuple((rule.field, rule.reason) for rule in refused.violations)
        place = batch.place_of(refused.index)
        yield Refusal(place.line, refused.id, broken, place.file)


def _consent(row: files.Row) -> str:
    """What the row says of consent: a No goes out whatever else cannot be read."""
    found = (row.fields or {}).get("consent")
    is_word = isinstance(found, str) and found.isascii() and len(found) <= _MAX_CONSENT
    return str(found) if is_word else ""


def _nothing() -> None:
    """Nothing was sent yet."""
