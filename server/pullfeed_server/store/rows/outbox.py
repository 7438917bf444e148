"""Notices, and the lines they wait in."""

from __future__ import annotations

from typing import NamedTuple

# A notice: its page was not handed over yet; it waits to be sent; it was given up; it is over.
HELD, DUE, DEAD, DONE = 0, 1, 2, 3
# Later than every date there is.
NEVER = 2**62


class OutboxKey(NamedTuple):
    """The notices that go out one after the other."""

    shop: str
    scope: int
    list: int
    importer: str


class OutboxRow(NamedTuple):
    """How the notices of one key stand.

    last_ordinal: given last. next_us: when the first of them is to be sent, NEVER
    where none is or it was given up. lease: names who sends it, until lease_us.
    """

    last_ordinal: int
    next_us: int
    lease: str
    lease_us: int


class NoticeRow(NamedTuple):
    """A call that tells an importer of a page.

    walk, page: the page it tells of, one notice each. epoch to is_last: what a 2xx
    confirms, as in tokens.Point. ordinal: its place, 0 while HELD. first_call_us: of
    the first call, 0 before; next_us: when the next one is due.
    """

    notice: str
    walk: int
    page: int
    page_size: int
    epoch: int
    generation: int
    covered_from: int
    position: int
    served: int
    is_last: bool
    record_count: int
    body: bytes
    served_us: int
    state: int
    ordinal: int
    attempts: int
    outcome: str
    first_call_us: int
    next_us: int
