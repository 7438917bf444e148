"""What can happen to an id, a word each, and a feed in memory that takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import orjson

from pullfeed_server import intake
from pullfeed_server.encoding import rules, version
from pullfeed_server.store import rows

BROKEN = (rules.Violation("email", "BAD_EMAIL"),)
NOW_US = 1_000
TOO_LONG = "too long"


class Erasure(NamedTuple):
    """An id is erased."""

    id: str


Dated: TypeAlias = version.Good | version.Bad | intake.Removal
Step: TypeAlias = Dated | Erasure


def good(
    modified_us: int, text: str = "a", record_id: str = "c1", consent: str = "Yes"
) -> version.Good:
    # As a real fingerprint it covers the date too.
    proto = orjson.dumps([modified_us, text, record_id, consent])
    return version.Good(record_id, modified_us, proto, proto, b"json", consent == "No")


def no(modified_us: int, text: str = "a", record_id: str = "c1") -> version.Good:
    return good(modified_us, text, record_id, "No")


def _refusing(proto: bytes, modified: str) -> version.Good | None:
    """The version with consent No, unless its text is too long for that."""
    modified_us, text, record_id, _ = orjson.loads(proto)
    return None if text == TOO_LONG else no(int(modified or modified_us), text, record_id)


def bad(modified_us: int | None, record_id: str = "c1", consent: str = "") -> version.Bad:
    modified = "" if modified_us is None else str(modified_us)
    return version.Bad(record_id, modified_us, BROKEN, consent, modified)


def bad_no(modified_us: int | None, record_id: str = "c1") -> version.Bad:
    return bad(modified_us, record_id, "No")


def bad_yes(modified_us: int | None, record_id: str = "c1") -> version.Bad:
    return bad(modified_us, record_id, "Yes")


def erasure(record_id: str = "c1") -> Erasure:
    return Erasure(record_id)


def gone(removed_us: int | None, record_id: str = "c1") -> intake.Removal:
    return intake.Removal(record_id, removed_us)


class Feed:
    """A feed in memory, written as a store is: released first, then withheld."""

    def __init__(self) -> None:
        self.position = 0
        self.placed: dict[str, tuple[int, version.Good | rows.TombstoneRow]] = {}
        self.withheld: dict[str, rows.WithheldRow] = {}

    def take(
        self, steps: Sequence[Step], now_us: int = NOW_US, *, force: bool = False
    ) -> list[str]:
        taken = intake.Intake(
            self.standings(), now_us, force=force, protos=self._protos(), refusing=_refusing
        )
        outcomes = [_taken(taken, step) for step in steps]
        self.write(taken.changes())
        return outcomes

    def contents(
        self,
    ) -> tuple[list[version.Good | rows.TombstoneRow], dict[str, rows.WithheldRow]]:
        """Both lists in the order of their positions, and the withheld."""
        in_order = sorted(self.placed.values(), key=lambda pair: pair[0])
        return [placed for _, placed in in_order], self.withheld

    def write(self, changes: intake.Changes) -> None:
        for placed in changes.placed:
            self.position += 1
            self.placed[placed.id] = (self.position, placed)
        for record_id in changes.released:
            self.withheld.pop(record_id, None)
        for row in changes.withheld:
            first_us = self.withheld.get(row.id, row).first_seen_us
            self.withheld[row.id] = row._replace(first_seen_us=first_us)

    def lift(self, record_id: str) -> None:
        position, placed = self.placed[record_id]
        assert isinstance(placed, rows.TombstoneRow)
        self.placed[record_id] = (position, placed._replace(suppressed=False))

    def standings(self) -> dict[str, rows.Standing]:
        found = {record_id: _standing(placed) for record_id, (_, placed) in self.placed.items()}
        for row in self.withheld.values():
            known = found.get(row.id, rows.UNKNOWN)
            newest_us = max(known.modified_us, row.modified_us)
            found[row.id] = known._replace(modified_us=newest_us, is_withheld=True)
        return found

    def _protos(self) -> dict[str, bytes]:
        return {
            placed.id: placed.proto
            for _, placed in self.placed.values()
            if isinstance(placed, version.Good)
        }


def _taken(taken: intake.Intake, step: Step) -> str:
    if isinstance(step, intake.Removal):
        return taken.delete(step)
    if isinstance(step, Erasure):
        return taken.erase(step.id)
    return taken.put(step)


def _standing(placed: version.Good | rows.TombstoneRow) -> rows.Standing:
    known = rows.UNKNOWN._replace(
        modified_us=placed.modified_us, refused_us=placed.modified_us if placed.refused else None
    )
    if isinstance(placed, version.Good):
        return known._replace(list=1, fingerprint=placed.fingerprint)
    return known._replace(list=2, reason=placed.reason, suppressed=placed.suppressed)
