"""What a batch of versions does to a feed, decided one after the other.

Knows neither messages nor the database: standings in, changes out. The newest
truth wins: a version older than the newest one known, good or withheld, is
stale and changes nothing unless it is forced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pullfeed_server.encoding import version
from pullfeed_server.store import rows

STORED, UNCHANGED, STALE, WITHHELD = "stored", "unchanged", "stale", "withheld"
# Why a tombstone stands.
REASON_DELETED, REASON_VANISHED, REASON_WITHHELD = "deleted", "vanished", "withheld"


class Removal(NamedTuple):
    """A delete of one id. removed_us: when the shop removed it; None for now."""

    id: str
    removed_us: int | None
    reason: str = REASON_DELETED


class Changes(NamedTuple):
    """What is to be written, in the order in which positions are given.

    released: before withheld. An id in both was good in between, so it is first
    seen anew.
    """

    placed: list[version.Good | rows.TombstoneRow]
    withheld: list[rows.WithheldRow]
    released: list[str]


class Intake:
    """Takes versions one by one and remembers what they come to."""

    def __init__(self, standings: Mapping[str, rows.Standing], now_us: int, *, force: bool) -> None:
        """standings: of every id that will be taken, as far as known."""
        self._standings = dict(standings)
        self._now_us = now_us
        self._force = force
        self._placed: dict[str, version.Good | rows.TombstoneRow] = {}
        self._withheld: dict[str, rows.WithheldRow] = {}
        self._released: dict[str, None] = {}

    def put(self, put: version.Good | version.Bad) -> str:
        """Takes one put; what became of it."""
        if isinstance(put, version.Good):
            return self._put_good(put)
        return self._put_bad(put) if put.id else WITHHELD

    def delete(self, removal: Removal) -> str:
        """Takes one delete; STORED where it leaves a new tombstone."""
        known = self._standings.get(removal.id)
        if known is None or _is_gone(known):
            return UNCHANGED
        removed_us = self._removed_us(removal, known)
        if self._is_stale(known, removed_us):
            return STALE
        self._release(removal.id, known)
        self._bury(removal.id, removed_us, removal.reason)
        return STORED

    def changes(self) -> Changes:
        """All that was taken, each id once, at its last change."""
        return Changes(
            list(self._placed.values()), list(self._withheld.values()), list(self._released)
        )

    def _removed_us(self, removal: Removal, known: rows.Standing) -> int:
        if removal.removed_us is not None:
            return removal.removed_us
        if removal.reason == REASON_VANISHED:
            # Nobody deleted it: the same row may come back, and is no late repeat then.
            return known.modified_us
        # Who says no date means whatever stands there, be it dated in the future.
        return max(self._now_us, known.modified_us)

    def _put_good(self, put: version.Good) -> str:
        known = self._standings.get(put.id, rows.UNKNOWN)
        if self._is_stale(known, put.modified_us):
            return STALE
        if (
            known.list == rows.RECORDS
            and known.fingerprint == put.fingerprint
            and not known.is_withheld
        ):
            return UNCHANGED
        self._release(put.id, known)
        self._place(put.id, put)
        self._standings[put.id] = rows.Standing(
            rows.RECORDS, put.modified_us, put.fingerprint, "", is_withheld=False
        )
        return STORED

    def _put_bad(self, put: version.Bad) -> str:
        known = self._standings.get(put.id, rows.UNKNOWN)
        modified_us = known.modified_us if put.modified_us is None else put.modified_us
        if self._is_stale(known, modified_us):
            return STALE
        if known.list == rows.RECORDS:
            # The newest truth is not deliverable, so the older one must not stay.
            self._bury(put.id, modified_us, REASON_WITHHELD)
        self._withhold(put, modified_us)
        return WITHHELD

    def _is_stale(self, known: rows.Standing, modified_us: int) -> bool:
        return modified_us < known.modified_us and not self._force

    def _place(self, record_id: str, placed: version.Good | rows.TombstoneRow) -> None:
        # Taken out first: the order of the dict is the order of the last changes.
        self._placed.pop(record_id, None)
        self._placed[record_id] = placed

    def _bury(self, record_id: str, modified_us: int, reason: str) -> None:
        self._place(record_id, rows.TombstoneRow(record_id, 0, modified_us, reason, self._now_us))
        self._standings[record_id] = rows.Standing(
            rows.REMOVED, modified_us, b"", reason, is_withheld=False
        )

    def _withhold(self, put: version.Bad, modified_us: int) -> None:
        self._withheld[put.id] = rows.WithheldRow(
            put.id, modified_us, put.violations, self._now_us, self._now_us
        )
        known = self._standings.get(put.id, rows.UNKNOWN)
        self._standings[put.id] = known._replace(
            modified_us=max(known.modified_us, modified_us), is_withheld=True
        )

    def _release(self, record_id: str, known: rows.Standing) -> None:
        if known.is_withheld:
            self._withheld.pop(record_id, None)
            self._released[record_id] = None


def _is_gone(known: rows.Standing) -> bool:
    """Was it deleted, and nothing withheld came since."""
    is_deleted = known.list == rows.REMOVED and known.reason != REASON_WITHHELD
    return is_deleted and not known.is_withheld
