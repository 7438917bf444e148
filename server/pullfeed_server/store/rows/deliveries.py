"""What the ledger keeps of each walk: what was served, confirmed and rejected."""

from __future__ import annotations

from typing import NamedTuple


class WalkName(NamedTuple):
    """One walk in the ledger. walk: the number that its tokens carry."""

    shop: str
    scope: int
    list: int
    importer: str
    walk: int


class ServedRow(NamedTuple):
    """What was served on a walk; two of them add up.

    page_count, record_count: repeated ones too. length: records without repeated
    ones. last_page, position, page_size: of the page that was farthest.
    """

    epoch: int
    generation: int
    page_size: int
    page_count: int
    record_count: int
    length: int
    last_page: int
    position: int
    is_complete: bool
    first_us: int
    last_us: int


class LengthRow(NamedTuple):
    """How long a walk is, beside its list. feed_size: as last counted, 0 before."""

    length: int
    feed_size: int
    is_too_long: bool


class ReceiptRow(NamedTuple):
    """How far a walk was confirmed.

    confirmed_count: records up to the last page that was confirmed. count_before:
    up to the one confirmed before it. count_differs: did the importer ever count
    another number. is_finished: its last page was confirmed.
    """

    confirmed_us: int
    confirmed_count: int
    count_before: int
    count_differs: bool
    is_finished: bool = False


class DeliveryRow(NamedTuple):
    """A walk as the ledger tells of it.

    is_uncommitted: it was served a while ago, and since then neither it nor what
    is behind it was confirmed.
    """

    scope: int
    list: int
    importer: str
    walk: int
    page_size: int
    page_count: int
    record_count: int
    last_page: int
    position: int
    is_complete: bool
    first_us: int
    last_us: int
    confirmed_us: int
    is_too_long: bool
    count_differs: bool
    is_uncommitted: bool


class RejectedRow(NamedTuple):
    """A record that an importer could not take, at the position where it was given it."""

    importer: str
    id: str
    list: int
    position: int
    walk: int
    reason: str
    rejected_us: int
