"""What a batch of versions does to a feed, decided one after the other.

Knows neither messages nor the database: standings in, changes out. The newest
truth wins: a version older than the newest one known, good or withheld, is
stale and changes nothing unless it is forced. A consent No is never lost: it
goes out whatever else is wrong with its version, and at equal dates it wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pullfeed_server.encoding import normal, tombstone, version
from pullfeed_server.store import rows

STORED, UNCHANGED, STALE = "stored", "unchanged", "stale"
WITHHELD, ERASED = "withheld", "erased"

# The last good version with consent No, given its bytes and the date the No came with ("" where
# that cannot be read); None where that cannot be delivered either.
Refusing = Callable[[bytes, str], version.Good | None]


class Removal(NamedTuple):
    """A delete of one id. removed_us: when the shop removed it; None for now."""

    id: str
    removed_us: int | None
    reason: str = tombstone.DELETED


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

    def __init__(
        self,
        standings: Mapping[str, rows.Standing],
        now_us: int,
        *,
        force: bool,
        protos: Mapping[str, bytes] | None = None,
        refusing: Refusing | None = None,
    ) -> None:
        """standings: of every id that will be taken, as far as known.

        protos: the stored bytes of those whose invalid version refuses consent,
        where they stand among the records; refusing makes them say so.
        """
        self._standings = dict(standings)
        self._now_us = now_us
        self._force = force
        self._protos = protos or {}
        self._refusing = refusing
        self._placed: dict[str, version.Good | rows.TombstoneRow] = {}
        self._withheld: dict[str, rows.WithheldRow] = {}
        self._released: dict[str, None] = {}

    def put(self, put: version.Good | version.Bad) -> str:
        """Takes one put; what became of it."""
        known = self._known(put.id)
        if known.suppressed:
            return ERASED
        if isinstance(put, version.Good):
            return self._put_good(put, known)
        return self._put_bad(put, known) if put.id else WITHHELD

    def judge_again(self, put: version.Good | version.Bad) -> str:
        """Takes what stands in the feed, as it is judged now; what became of it."""
        known = self._known(put.id)
        if isinstance(put, version.Bad):
            self._withdraw(put, known)
            return WITHHELD
        if put.fingerprint == known.fingerprint:
            return UNCHANGED
        self._keep(put, is_withheld=known.is_withheld)
        return STORED

    def delete(self, removal: Removal) -> str:
        """Takes one delete; STORED where it leaves a new tombstone."""
        known = self._known(removal.id)
        if known is rows.UNKNOWN or _is_gone(known):
            return UNCHANGED
        removed_us = self._removed_us(removal, known)
        if self._is_stale(known, removed_us):
            return STALE
        self._release(removal.id, known)
        is_withdrawn = known.reason == tombstone.CONSENT_WITHDRAWN
        reason = known.reason if is_withdrawn else removal.reason
        # A delete says nothing of consent: a No of its date still wins over a Yes.
        self._bury(removal.id, removed_us, reason, refused=known.refused_us == removed_us)
        return STORED

    def erase(self, record_id: str) -> str:
        """Leaves nothing of an id but its tombstone; STORED where it was not erased before."""
        known = self._known(record_id)
        if known.suppressed:
            return UNCHANGED
        self._release(record_id, known)
        # Its date would be kept otherwise.
        self._bury(record_id, rows.UNKNOWN.modified_us, tombstone.ERASED, suppressed=True)
        return STORED

    def changes(self) -> Changes:
        """All that was taken, each id once, at its last change."""
        return Changes(
            list(self._placed.values()), list(self._withheld.values()), list(self._released)
        )

    def _removed_us(self, removal: Removal, known: rows.Standing) -> int:
        if removal.removed_us is not None:
            return removal.removed_us
        if removal.reason == tombstone.VANISHED:
            # Nobody deleted it: the same row may come back, and is no late repeat then.
            return known.modified_us
        # Who says no date means whatever stands there, be it dated in the future.
        return max(self._now_us, known.modified_us)

    def _put_good(self, put: version.Good, known: rows.Standing) -> str:
        if self._is_stale(known, put.modified_us, is_yes=not put.refused):
            return STALE
        if (
            known.list == rows.RECORDS
            and known.fingerprint == put.fingerprint
            and not known.is_withheld
        ):
            return UNCHANGED
        self._release(put.id, known)
        self._keep(put, is_withheld=False)
        return STORED

    def _put_bad(self, put: version.Bad, known: rows.Standing) -> str:
        modified_us = known.modified_us if put.modified_us is None else put.modified_us
        is_newer_yes = put.consent == normal.YES and put.modified_us is not None
        if self._is_stale(known, modified_us, is_yes=is_newer_yes):
            return STALE
        if put.consent == normal.NO:
            self._refuse(put, known, modified_us)
        elif known.list == rows.RECORDS and (known.refused_us is None or is_newer_yes):
            # The newest truth is not deliverable, so the older one must not stay. But a No
            # stays until a Yes is read that came after it.
            self._bury(put.id, modified_us, tombstone.WITHHELD)
        self._withhold(put, modified_us)
        return WITHHELD

    def _refuse(self, put: version.Bad, known: rows.Standing, modified_us: int) -> None:
        """Lets the No out: with the last good version, else as a tombstone."""
        kept = self._last_good(put) if known.list == rows.RECORDS else None
        if kept is not None:
            if kept.fingerprint != known.fingerprint:
                self._keep(kept, is_withheld=known.is_withheld)
            return
        # An id that was erased says so for good; only the date of the No is added.
        is_erased = known.reason == tombstone.ERASED
        reason = known.reason if is_erased else tombstone.CONSENT_WITHDRAWN
        if (known.reason, known.refused_us) != (reason, modified_us):
            self._bury(put.id, modified_us, reason, refused=True)

    def _withdraw(self, put: version.Bad, known: rows.Standing) -> None:
        if known.refused_us is not None:
            # Its record is what cannot be delivered, so the No goes out alone.
            self._bury(put.id, known.refused_us, tombstone.CONSENT_WITHDRAWN, refused=True)
        else:
            self._bury(put.id, known.modified_us, tombstone.WITHHELD)
        # A version that is withheld beside it is newer, and says more.
        if not known.is_withheld:
            self._withhold(put, known.modified_us)

    def _last_good(self, put: version.Bad) -> version.Good | None:
        placed = self._placed.get(put.id)
        proto = placed.proto if isinstance(placed, version.Good) else self._protos.get(put.id)
        if proto is None or self._refusing is None:
            return None
        return self._refusing(proto, put.modified)

    def _known(self, record_id: str) -> rows.Standing:
        return self._standings.get(record_id, rows.UNKNOWN)

    def _is_stale(self, known: rows.Standing, modified_us: int, *, is_yes: bool = False) -> bool:
        if self._force:
            return False
        is_beaten = is_yes and modified_us == known.refused_us
        return modified_us < known.modified_us or is_beaten

    def _keep(self, good: version.Good, *, is_withheld: bool) -> None:
        self._place(good.id, good)
        # Made outright: _replace takes twice as long, and each record comes by here.
        self._standings[good.id] = rows.Standing(
            rows.RECORDS,
            good.modified_us,
            good.fingerprint,
            "",
            is_withheld=is_withheld,
            refused_us=good.modified_us if good.refused else None,
        )

    def _place(self, record_id: str, placed: version.Good | rows.TombstoneRow) -> None:
        # Taken out first: the order of the dict is the order of the last changes.
        self._placed.pop(record_id, None)
        self._placed[record_id] = placed

    def _bury(
        self,
        record_id: str,
        modified_us: int,
        reason: str,
        *,
        refused: bool = False,
        suppressed: bool = False,
    ) -> None:
        row = rows.TombstoneRow(record_id, 0, modified_us, reason, self._now_us)
        self._place(record_id, row._replace(refused=refused, suppressed=suppressed))
        self._standings[record_id] = self._known(record_id)._replace(
            list=rows.REMOVED,
            modified_us=modified_us,
            fingerprint=b"",
            reason=reason,
            refused_us=modified_us if refused else None,
            suppressed=suppressed,
        )

    def _withhold(self, put: version.Bad, modified_us: int) -> None:
        self._withheld[put.id] = rows.WithheldRow(
            put.id, modified_us, put.violations, self._now_us, self._now_us
        )
        known = self._known(put.id)
        self._standings[put.id] = known._replace(
            modified_us=max(known.modified_us, modified_us), is_withheld=True
        )

    def _release(self, record_id: str, known: rows.Standing) -> None:
        if known.is_withheld:
            self._withheld.pop(record_id, None)
            self._released[record_id] = None
            self._standings[record_id] = known._replace(is_withheld=False)


def _is_gone(known: rows.Standing) -> bool:
    """Was it removed, and nothing withheld came since."""
    return known.list == rows.REMOVED and not known.is_withheld
