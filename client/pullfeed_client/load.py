"""`pullfeed load`: a file's rows into the core, in batches, in the order of the file."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

import click

from pullfeed.v1 import record_service_pb2
from pullfeed_client import connection, errors, messages, output, scopes
from pullfeed_client.sources import files

# Well below the message limit, whatever a batch's rows become as Protobuf.
_BATCH_BYTES = 16 * 1024 * 1024
_SHOWN_REFUSALS = 20
_STDIN = "-"


@dataclasses.dataclass(frozen=True)
class Target:
    """Where the rows go. batch_rows: 1 to 1,000."""

    shop: str
    kind: scopes.Kind
    force: bool = False
    batch_rows: int = 1000


class Refusal(NamedTuple):
    """A row that was withheld. id: empty where only this answer knows of it."""

    line: int
    id: str
    violations: tuple[tuple[str, str], ...]


@dataclasses.dataclass
class Outcome:
    """How many rows became what. by_reason: rows with at least one such violation."""

    stored: int = 0
    unchanged: int = 0
    stale: int = 0
    withheld: int = 0
    by_reason: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter[str]
    )


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
        self._lines: list[int] = []
        self._unreadable_lines: list[int] = []
        self._unreadable_ids: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Is there nothing to ask the core."""
        return not self._lines and not self._unreadable_lines

    def has_room_for(self, row: files.Row) -> bool:
        """May the row still come into this batch."""
        count = len(self._lines) + len(self._unreadable_lines) + len(self.refusals)
        if count >= self._target.batch_rows or (count and self.size + row.size > _BATCH_BYTES):
            return False
        # The core takes `records` before `unreadable`: a row that comes behind an
        # unreadable one of the same id would be taken before it.
        ids = self._unreadable_ids
        return not ids or messages.id_of(row, self._target.kind) not in ids

    def take(self, row: files.Row) -> None:
        """Adds the row, as a record or among the unreadable."""
        self.size += row.size
        try:
            messages.add(self.request, row, self._target.kind)
            self._lines.append(row.line)
        except messages.Unreadable as error:
            self._refuse(row, error)

    def line_of(self, index: int) -> int:
        """The line of what the core's answer calls by its index."""
        return (self._lines + self._unreadable_lines)[index]

    def _refuse(self, row: files.Row, error: messages.Unreadable) -> None:
        record_id = messages.id_of(row, self._target.kind)
        if not record_id:
            self.refusals.append(Refusal(row.line, "", ((error.field, error.reason),)))
            return
        self.request.unreadable.add(id=record_id, field=error.field, reason=error.reason)
        self._unreadable_lines.append(row.line)
        self._unreadable_ids.add(record_id)


def batches(rows: Iterable[files.Row], target: Target) -> Iterator[Batch]:
    """The rows as batches, in their order."""
    batch = Batch(target)
    for row in rows:
        if not batch.has_room_for(row):
            yield batch
            batch = Batch(target)
        batch.take(row)
    yield batch


def run(
    core: connection.Core,
    rows: Iterable[files.Row],
    target: Target,
    on_refusal: Callable[[Refusal], None],
    advance: Callable[[int], None],
) -> Outcome:
    """Puts the rows and tells what became of them.

    One batch is under way while the next is built; it is sent only when the one
    before is answered, because two puts of one id must not overtake each other.
    on_refusal: called for every withheld row. advance: called with bytes done.
    """
    outcome = Outcome()
    settle: Callable[[], None] | None = None
    for batch in batches(rows, target):
        if settle:
            settle()
        settle = _sent(core, batch, outcome, on_refusal, advance)
    if settle:
        settle()
    return outcome


def _sent(
    core: connection.Core,
    batch: Batch,
    outcome: Outcome,
    on_refusal: Callable[[Refusal], None],
    advance: Callable[[int], None],
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
        for refusal in sorted((*batch.refusals, *_refusals(batch, answer))):
            outcome.withheld += 1
            outcome.by_reason.update({reason for _, reason in refusal.violations})
            on_refusal(refusal)
        advance(batch.size)

    return settle


def _refusals(batch: Batch, answer: record_service_pb2.PutRecordsResponse) -> Iterator[Refusal]:
    for refused in answer.withheld:
        broken = tuple((rule.field, rule.reason) for rule in refused.violations)
        yield Refusal(batch.line_of(refused.index), refused.id, broken)


@click.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--shop", required=True, help="The shop's domain; made where it is new.")
@scopes.option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("jsonl", "csv")),
    help="Else by the file's ending; JSON Lines from standard input.",
)
@click.option("--force", is_flag=True, help="Store also what is older than what the shop has.")
@click.option(
    "--batch",
    "batch_rows",
    type=click.IntRange(1, 1000),
    default=1000,
    show_default=True,
    help="Rows a call.",
)
@output.json_option
@connection.connected
def command(
    core: connection.Core,
    file: str,
    shop: str,
    scope: str,
    file_format: str | None,
    force: bool,
    batch_rows: int,
    as_json: bool,
) -> None:
    """Puts the records of a JSON Lines or CSV file; - reads standard input.

    Fields and columns bear the contract's names; CSV holds customers and products
    without their lists. Numbers keep the digits they are written with.

    \b
    Example:
      pullfeed load customers.jsonl --shop shop.example --scope customer
    """
    target = Target(shop, scopes.KINDS[scope], force, batch_rows)
    lost: list[Refusal] = []
    file_format = file_format or _format_of(file)
    with (
        click.open_file(file, "rb") as stream,
        output.bar(f"load {scope}", _size_of(file), "bytes") as advance,
    ):
        rows = rows_of(stream, target.kind, file_format)
        outcome = run(core, rows, target, lambda refusal: _keep_lost(lost, refusal), advance)
    for refusal in lost[:_SHOWN_REFUSALS]:
        click.echo(_sentence(refusal), err=True)
    if len(lost) > _SHOWN_REFUSALS:
        click.echo("… and more such lines.", err=True)
    output.rows(_table(outcome, as_json), ("outcome", "reason", "rows"), as_json=as_json)
    if outcome.withheld:
        raise click.exceptions.Exit(errors.Unmet.exit_code)


def rows_of(stream: IO[bytes], kind: scopes.Kind, file_format: str) -> Iterator[files.Row]:
    """The rows of a stream in one of the formats. Raises Misused for orders as CSV."""
    if file_format == "jsonl":
        return files.json_lines(stream)
    if kind.name == "order":
        raise errors.Misused("CSV cannot hold an order's line items: use JSON Lines.")
    return files.csv_rows(stream, messages.columns(kind))


def _format_of(name: str) -> str:
    if name == _STDIN:
        return "jsonl"
    suffix = pathlib.PurePath(name).suffix.lower()
    if suffix not in files.FORMATS:
        raise errors.Misused(f"{name}: say --format jsonl or --format csv.")
    return files.FORMATS[suffix]


def _size_of(name: str) -> int | None:
    path = pathlib.Path(name)
    return path.stat().st_size if name != _STDIN and path.is_file() else None


def _keep_lost(lost: list[Refusal], refusal: Refusal) -> None:
    """What has no id is in no list of the core's: this is the only place to name it."""
    if not refusal.id and len(lost) <= _SHOWN_REFUSALS:
        lost.append(refusal)


def _sentence(refusal: Refusal) -> str:
    broken = ", ".join(f"{field or 'row'} {reason}" for field, reason in refusal.violations)
    return f"line {refusal.line}: {broken}; without a usable id it is named here only"


def _table(outcome: Outcome, as_json: bool) -> Iterator[output.Row]:
    counts = {name: getattr(outcome, name) for name in ("stored", "unchanged", "stale", "withheld")}
    by_reason = dict(sorted(outcome.by_reason.items()))
    if as_json:
        yield counts | {"by_reason": by_reason}
        return
    for name, count in counts.items():
        yield {"outcome": name, "reason": None, "rows": count}
    for reason, count in by_reason.items():
        yield {"outcome": "withheld", "reason": reason, "rows": count}
