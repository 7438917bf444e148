"""Walks by page number, their marks, and what was confirmed."""

from __future__ import annotations

from typing import NamedTuple


class WalkKey(NamedTuple):
    """The one page-mode walk that a numbered request belongs to.

    since_us: the time it was asked to begin at, 0 for none.
    """

    shop: str
    scope: int
    list: int
    importer: str
    page_size: int
    since_us: int = 0


class WalkRow(NamedTuple):
    """The walk of a key, and the one before it (0 where there was none).

    generation: how often the importer had been rewound. is_rewound: the walk
    before is of an older generation, and its importer may not know yet. was_repeated:
    page 1 was asked again, so that the importer may be at any page; where is_rewound,
    of the walk before. claimed: the last page that a commit named by its number since
    page 1 was asked, of this walk or the one before. previous_claimed: the same for
    the walk before. ended: the last page that was answered as the end of this walk since
    page 1 was asked, 0 where none was.
    """

    walk: int
    previous: int
    start: int
    epoch: int
    touched_us: int
    generation: int = 0
    is_rewound: bool = False
    was_repeated: bool = False
    claimed: int = 0
    previous_claimed: int = 0
    ended: int = 0


class MarkRow(NamedTuple):
    """A served page: begins after `start`, ends at `end`.

    covered_from: the walk served everything after this position up to `end`.
    has_next: did any answer of this page say that there is a next one. served:
    records from covered_from on, up to `end`. follows_claim: it was served when the
    walk before had its page of this number, or a later one, claimed.
    """

    page: int
    start: int
    end: int
    covered_from: int
    has_next: bool = False
    served: int = 0
    follows_claim: bool = False


class CommitRow(NamedTuple):
    """What an importer has confirmed of one list.

    finished: it confirmed the last page of a walk, so its next one begins anew.
    claimed_us: when it last said so, moved or not.
    generation: how often it was rewound. spared: tombstones up to here are none of
    its business, since it held nothing when they were made.
    """

    position: int
    epoch: int
    committed_us: int
    finished: bool
    claimed_us: int = 0
    generation: int = 0
    spared: int = 0


class ConfirmationRow(NamedTuple):
    """One advance of a committed position, from `start` to `position`."""

    start: int
    position: int
    committed_us: int
