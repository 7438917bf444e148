"""One pass over one section of a mapping: read, put, remember, remove what vanished.

A pass that reads the whole source compares ids, too. The order makes that safe
beside others who write into the core: first the ids it has are listed, then the
source's snapshot begins. What was there before and is not in the snapshot has
vanished; what others put meanwhile is not on the list.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections.abc import Callable

from pullfeed_client import connection, puts
from pullfeed_client.mapping import reading
from pullfeed_client.sources import tables
from pullfeed_client.sync import marks, removal, roll, state, tail


@dataclasses.dataclass(frozen=True)
class Order:
    """What a pass is to do. is_full: compare everything, whatever is remembered."""

    target: puts.Target
    threshold: removal.Threshold
    is_full: bool = False


@dataclasses.dataclass(frozen=True)
class Report:
    """What a pass did. was_whole: it read the whole source, so that it knows what vanished.

    nameless: rows whose id cannot be told. vanished: ids the source had no more.
    """

    outcome: puts.Outcome
    read: int
    nameless: int
    was_whole: bool
    vanished: int = 0
    removed: int = 0
    held: int = 0


def run(
    core: connection.Core,
    mapped: reading.Mapped,
    memory: state.Memory,
    order: Order,
    on_refusal: Callable[[puts.Refusal], None],
) -> Report:
    """Brings the core to what the source has. Whatever it raises, the next pass goes on."""
    changes = mapped.section.source.changes
    is_whole = order.is_full or changes.by_fingerprint
    with contextlib.ExitStack() as stack:
        known = stack.enter_context(roll.opened()) if is_whole else None
        if known is not None:
            removal.list_ids(core, order.target, known)
        passing = tail.Tail(order.target.kind, memory, known)
        if changes.by_fingerprint:
            outcome = _by_fingerprint(core, mapped, passing, order, on_refusal)
        else:
            outcome = _by_date(core, mapped, passing, memory, order, on_refusal)
        report = Report(outcome, passing.read, passing.nameless, is_whole)
        if known is None:
            return report
        return _without_vanished(core, report, known, memory, order)


def _by_fingerprint(
    core: connection.Core,
    mapped: reading.Mapped,
    passing: tail.Tail,
    order: Order,
    on_refusal: Callable[[puts.Refusal], None],
) -> puts.Outcome:
    with mapped.rows() as rows:
        differing = passing.differing(rows, is_full=order.is_full)
        return puts.run(
            core, differing, order.target, on_refusal, _ignore, on_answered=_drained(passing)
        )


def _by_date(
    core: connection.Core,
    mapped: reading.Mapped,
    passing: tail.Tail,
    memory: state.Memory,
    order: Order,
    on_refusal: Callable[[puts.Refusal], None],
) -> puts.Outcome:
    changes = mapped.section.source.changes
    column = marks.Marks(changes, datetime.datetime.now(datetime.UTC))
    mark = memory.mark
    since = None if mark is None or order.is_full else column.since(mark)
    progress = tail.Progress(memory, column, mark)

    def on_answered(count: int) -> None:
        progress.take(passing.answered(count))
        # Oldest first: all up to here was answered, whatever comes behind.
        progress.keep()

    with mapped.rows(tables.Window(changes.updated, since)) as rows:
        return puts.run(
            core, passing.all(rows), order.target, on_refusal, _ignore, on_answered=on_answered
        )


def _without_vanished(
    core: connection.Core,
    report: Report,
    known: roll.Roll,
    memory: state.Memory,
    order: Order,
) -> Report:
    """The report, once what vanished is removed or held. Of an empty source nothing has."""
    if not report.read or not known.total:
        return dataclasses.replace(report, vanished=known.left)
    # A row whose id cannot be told may be any of those that seem to have vanished.
    is_held = bool(known.left) and (
        report.nameless > 0 or order.threshold.is_passed(known.left, known.total)
    )
    if is_held:
        done = removal.hold(core, order.target, known)
    else:
        done = removal.remove(core, order.target, known, memory)
    return dataclasses.replace(report, vanished=known.left, removed=done.removed, held=done.held)


def _drained(passing: tail.Tail) -> Callable[[int], None]:
    def on_answered(count: int) -> None:
        passing.answered(count)

    return on_answered


def _ignore(_: int) -> None:
    """A pass has no bar."""
