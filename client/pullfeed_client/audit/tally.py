"""What became of each record of one scope, counted as the core would judge it."""

from __future__ import annotations

import dataclasses
import re
from typing import NamedTuple

from pullfeed.v1 import record_service_pb2
from pullfeed_client import messages, scopes, supply
from pullfeed_client.mapping import reading, spool
from pullfeed_client.rules import verdict
from pullfeed_client.sources import files

_EXAMPLES = 5
_INDEX = re.compile(r"\[\d+\]")
_MAX_ID_BYTES = 255
_MAX_TOLD = 32
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclasses.dataclass
class Finding:
    """A field that breaks a rule. alone: of these records it is the only fault.

    is_unread: such a record is not looked at any further, neither here nor by the core.
    examples: the first ids, or "line 7" where there is no usable one.
    """

    field: str
    reason: str
    records: int = 0
    alone: int = 0
    is_unread: bool = False
    examples: list[str] = dataclasses.field(default_factory=list[str])


class Judgement(NamedTuple):
    """id: empty where it is not usable. is_unread: the row became no record at all."""

    id: str
    broken: tuple[tuple[str, str], ...]
    is_unread: bool = False


@dataclasses.dataclass
class Tally:
    """One scope's counts. withheld + delivered are all records.

    lost: withheld ones without a usable id, which no list could name. repeated:
    those whose id came before. invented: synthetic values by field. said: values
    that are the mapping's own word.
    """

    kind: scopes.Kind
    delivered: int = 0
    withheld: int = 0
    lost: int = 0
    repeated: int = 0
    repeated_examples: list[str] = dataclasses.field(default_factory=list[str])
    findings: dict[tuple[str, str], Finding] = dataclasses.field(
        default_factory=dict[tuple[str, str], Finding]
    )
    invented: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    said: list[reading.Invention] = dataclasses.field(default_factory=list[reading.Invention])

    @property
    def records(self) -> int:
        """All records."""
        return self.delivered + self.withheld

    @property
    def by_weight(self) -> list[Finding]:
        """The findings, the most frequent first."""
        return sorted(self.findings.values(), key=lambda found: (-found.records, found.field))

    def take(self, row: files.Row) -> str:
        """Judges one record; comes back with its id, empty where it has no usable one."""
        judgement = judged(row, self.kind)
        if not judgement.broken:
            self.delivered += 1
            return judgement.id
        self.withheld += 1
        self.lost += not judgement.id
        shown = judgement.id or f"{row.file} line {row.line}".strip()
        # A fault that comes in five lines of an order is one of one order.
        told = dict.fromkeys((_INDEX.sub("", field), reason) for field, reason in judgement.broken)
        for field, reason in told:
            found = self._count(field, reason, shown)
            found.is_unread = judgement.is_unread
            found.alone += len(told) == 1 and not judgement.is_unread
        return judgement.id

    def repeats(self, record_id: str) -> None:
        """Counts a record whose id came before."""
        self.repeated += 1
        if len(self.repeated_examples) < _EXAMPLES:
            self.repeated_examples.append(record_id)

    def _count(self, field: str, reason: str, shown: str) -> Finding:
        found = self.findings.setdefault((field, reason), Finding(field, reason))
        found.records += 1
        if len(found.examples) < _EXAMPLES:
            found.examples.append(shown)
        return found


def of(given: supply.Supply) -> Tally:
    """The counts of everything a supply has; it is read to its end."""
    tally = Tally(given.kind)
    with given.rows() as rows, spool.opened() as seen:
        for row in rows:
            record_id = tally.take(row)
            if record_id and not seen.is_new(record_id):
                tally.repeats(record_id)
    tally.invented = given.invented
    tally.said = given.said
    return tally


def judged(row: files.Row, kind: scopes.Kind) -> Judgement:
    """The record's id, and field and reason of all the core would withhold it for."""
    request = record_service_pb2.PutRecordsRequest()
    try:
        messages.add(request, row, kind)
    except messages.Unreadable as error:
        told = tuple(dict.fromkeys(error.all[:_MAX_TOLD]))
        return Judgement(_kept(messages.id_of(row, kind)), told, is_unread=True)
    record = getattr(request.records[0], kind.name)
    broken = verdict.violations(record)
    return Judgement(_kept(getattr(record, kind.id_field).strip()), broken)


def _kept(record_id: str) -> str:
    """The id, where the core could keep it among the withheld."""
    is_kept = len(record_id.encode()) <= _MAX_ID_BYTES and not _CONTROL.search(record_id)
    return record_id if is_kept else ""
