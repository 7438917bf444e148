"""What a feed and an importer are meant to be, said a second time and without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from pullfeed_server.store import rows

YES, NO = "Yes", "No"

# id → the version of it that stands in the feed.
Held: TypeAlias = dict[str, str]


class Put(NamedTuple):
    """One version of one id, as it is put.

    minute: its last_modified_date, None where it has none. consent: "" where that cannot be read.
    """

    id: str
    version: str
    minute: int | None
    valid: bool = True
    consent: str = YES

    @property
    def is_yes(self) -> bool:
        """May it end a No."""
        return self.consent == YES and self.minute is not None


class Snapshot(NamedTuple):
    """A list as it stood when a page of it was read.

    order: (id, version) of records, or (id, reason) of the removed, as they must be
    handed out. stored_us: when each got its place. records: what stood in the feed.
    """

    order: list[tuple[str, str]]
    stored_us: dict[str, int]
    records: Held


@dataclasses.dataclass
class _Standing:
    """version: None where it is no record. reason: of its tombstone, "" where there is none.

    refused: the minute of the No that its place in the lists tells of.
    """

    newest: float = float("-inf")
    version: str | None = None
    put_minute: int | None = None
    consent: str = YES
    withheld: bool = False
    reason: str = ""
    refused: float | None = None
    suppressed: bool = False


class Feed:
    """The two lists of one shop, by the words of the design."""

    def __init__(self) -> None:
        self._standings: dict[str, _Standing] = {}
        self._positions: dict[str, int] = {}
        self._stored_us: dict[str, int] = {}
        self.position = 0

    def put(self, batch: Iterable[Put], now_us: int) -> list[str]:
        """What must become of each, one after the other."""
        moved: dict[str, None] = {}
        outcomes = [self._put(put, moved) for put in batch]
        self._move(moved, now_us)
        return outcomes

    def delete(self, ids: Iterable[str], minute: int, now_us: int) -> list[str]:
        moved: dict[str, None] = {}
        outcomes = [self._delete(record_id, minute, moved) for record_id in ids]
        self._move(moved, now_us)
        return outcomes

    def erase(self, ids: Iterable[str], now_us: int) -> int:
        """How many of them were not erased before."""
        erased = [record_id for record_id in dict.fromkeys(ids) if not self._is_erased(record_id)]
        for record_id in erased:
            self._standings[record_id] = _Standing(reason="erased", suppressed=True)
        self._move(dict.fromkeys(erased), now_us)
        return len(erased)

    def lift(self, ids: Iterable[str]) -> int:
        """How many of them were erased."""
        lifted = {record_id for record_id in ids if self._is_erased(record_id)}
        for record_id in lifted:
            self._standings[record_id].suppressed = False
        return len(lifted)

    def snapshot(self, kind: int) -> Snapshot:
        """A list as it must be handed out, oldest change first."""
        listed = self.held() if kind == rows.RECORDS else self.removed()
        order = sorted(listed.items(), key=lambda item: self._positions[item[0]])
        return Snapshot(order, dict(self._stored_us), self.held())

    def last_put(self, record_id: str) -> Put | None:
        """The version that stands in the feed, to be put once more."""
        known = self._standings.get(record_id)
        if known is None or known.version is None:
            return None
        return Put(record_id, known.version, known.put_minute, consent=known.consent)

    def held(self, up_to: int | None = None) -> Held:
        """What an importer must hold that was given all records up to a position."""
        return {
            record_id: with_consent(standing.version, standing.consent)
            for record_id, standing in self._standings.items()
            if standing.version is not None and self._is_at(record_id, up_to)
        }

    def removed(self, up_to: int | None = None) -> dict[str, str]:
        """What it must not hold that was given all tombstones up to a position, with reasons."""
        return {
            record_id: standing.reason
            for record_id, standing in self._standings.items()
            if standing.reason and self._is_at(record_id, up_to)
        }

    def position_of(self, record_id: str) -> int:
        return self._positions[record_id]

    def last(self, kind: int) -> int:
        """Position of the last one in a list."""
        order = self.snapshot(kind).order
        return self._positions[order[-1][0]] if order else 0

    def withheld(self) -> set[str]:
        return {record_id for record_id, known in self._standings.items() if known.withheld}

    def _is_at(self, record_id: str, up_to: int | None) -> bool:
        return up_to is None or self._positions[record_id] <= up_to

    def _is_erased(self, record_id: str) -> bool:
        return record_id in self._standings and self._standings[record_id].suppressed

    def _put(self, put: Put, moved: dict[str, None]) -> str:
        known = self._standings.setdefault(put.id, _Standing())
        minute = known.newest if put.minute is None else put.minute
        if known.suppressed:
            return "erased"
        # At equal dates No beats Yes.
        if minute < known.newest or (put.is_yes and minute == known.refused):
            return "stale"
        if not put.valid:
            self._withhold(known, put, minute, moved)
            return "withheld"
        stands = (known.version, known.put_minute, known.consent)
        if not known.withheld and stands == (put.version, put.minute, put.consent):
            return "unchanged"
        _touch(moved, put.id)
        refused = minute if put.consent == NO else None
        self._standings[put.id] = _Standing(
            minute, put.version, put.minute, put.consent, refused=refused
        )
        return "stored"

    def _withhold(self, known: _Standing, put: Put, minute: float, moved: dict[str, None]) -> None:
        if put.consent == NO:
            self._refuse(known, put, minute, moved)
        elif known.version is not None and (known.refused is None or put.is_yes):
            _touch(moved, put.id)
            known.version, known.reason, known.refused = None, "withheld", None
        known.newest, known.withheld = max(known.newest, minute), True

    def _refuse(self, known: _Standing, put: Put, minute: float, moved: dict[str, None]) -> None:
        """The No goes out with the last valid version, else as a tombstone."""
        if known.version is not None:
            stated = known.put_minute if put.minute is None else put.minute
            if (known.consent, known.put_minute) != (NO, stated):
                _touch(moved, put.id)
                known.consent, known.put_minute, known.refused = NO, stated, stated
            return
        reason = "erased" if known.reason == "erased" else "consent_withdrawn"
        if (known.reason, known.refused) != (reason, minute):
            _touch(moved, put.id)
            known.reason, known.refused = reason, minute

    def _delete(self, record_id: str, minute: int, moved: dict[str, None]) -> str:
        known = self._standings.get(record_id)
        if known is None or (known.reason and not known.withheld):
            return "unchanged"
        if minute < known.newest:
            return "stale"
        _touch(moved, record_id)
        # A delete says nothing of consent.
        reason = known.reason if known.reason == "consent_withdrawn" else "deleted"
        refused = minute if known.refused == minute else None
        self._standings[record_id] = _Standing(minute, reason=reason, refused=refused)
        return "stored"

    def _move(self, moved: dict[str, None], now_us: int) -> None:
        for record_id in moved:
            self.position += 1
            self._positions[record_id] = self.position
            self._stored_us[record_id] = now_us


def with_consent(version: str, consent: str) -> str:
    """A version as importers are compared by: a No is told of, a Yes is not."""
    return f"{version} {NO}" if consent == NO else version


def _touch(moved: dict[str, None], record_id: str) -> None:
    """Notes an id as the one that changed last."""
    moved.pop(record_id, None)
    moved[record_id] = None
