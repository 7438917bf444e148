"""The rows a store takes and gives. Positions and microseconds are integers.

One that only the store itself names stands beside its part of the contract.
"""

from __future__ import annotations

from typing import NamedTuple

# The two lists of a feed; an id stands in exactly one of them.
RECORDS, REMOVED = 1, 2
# A notice: its page was not handed over yet; it waits to be sent; it was given up; it is over.
HELD, DUE, DEAD, DONE = 0, 1, 2, 3
# A shop: it is served; it is being filled from another database; it was given away to one.
OPEN, FILLING, MOVED = 0, 1, 2
# Later than every date there is.
NEVER = 2**62


class FeedRow(NamedTuple):
    """A feed that has had a change. position: number of the last one.

    held: ids in its hold. pruned: of the last tombstone that is no longer kept, 0
    where all are. minute: the last one in `times`, since 1970. oldest_encoding,
    newest_encoding: no row has one outside them. rules: those that all its records
    have passed.
    """

    position: int
    epoch: int
    held: int = 0
    pruned: int = 0
    minute: int = 0
    oldest_encoding: int = 0
    newest_encoding: int = 0
    rules: int = 0


class Standing(NamedTuple):
    """How an id stands now.

    list: RECORDS, REMOVED, or 0 where it stands in neither. modified_us: of the
    newest version known, a withheld one included. reason: of its tombstone.
    refused_us: when its consent was refused, where the place in its list says so;
    None where it does not. suppressed: it was erased, and puts of it change nothing.
    """

    list: int
    modified_us: int
    fingerprint: bytes
    reason: str
    is_withheld: bool
    refused_us: int | None = None
    suppressed: bool = False


# Of an id never seen: before every date there is, so that a first version is never stale.
UNKNOWN = Standing(0, -(2**62), b"", "", is_withheld=False)


class RecordRow(NamedTuple):
    """A record as it is stored. refused: its consent reads No, as of modified_us."""

    id: str
    position: int
    modified_us: int
    fingerprint: bytes
    proto: bytes
    json: bytes
    refused: bool = False


class TombstoneRow(NamedTuple):
    """What is left of a removed record.

    removed_us: when it was removed. refused: its consent reads No, as of
    modified_us, which is that of UNKNOWN where there is nothing to compare with.
    suppressed: puts of the id change nothing.
    """

    id: str
    position: int
    modified_us: int
    reason: str
    removed_us: int
    refused: bool = False
    suppressed: bool = False
    proto: bytes = b""
    json: bytes = b""


class EncodedRow(NamedTuple):
    """A row of either list as it is stored, and the encoding of its JSON."""

    encoding: int
    row: RecordRow | TombstoneRow


class ErasureRow(NamedTuple):
    """When an id was last erased, and when that was lifted; 0 where it never was."""

    id: str
    erased_us: int
    lifted_us: int


class ChangeRow(NamedTuple):
    """A row of either list, as Protobuf."""

    position: int
    list: int
    proto: bytes


class WithheldRow(NamedTuple):
    """A version kept out of the feed. violations: (field, reason) pairs."""

    id: str
    modified_us: int
    violations: tuple[tuple[str, str], ...]
    first_seen_us: int
    last_seen_us: int


class HeldRow(NamedTuple):
    """An id that is to be removed once it is approved. reason: of the tombstone it would leave."""

    id: str
    reason: str


class PageRows(NamedTuple):
    """Records behind a position, oldest change first.

    bodies: their stored bytes in the form asked for, as JSON in one piece, joined
    by commas. size: how many records. position: of the last of them, or the one asked
    from where there are none.
    """

    bodies: list[bytes]
    size: int
    position: int
    has_next: bool


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
    the walk before.
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


class PlaceRow(NamedTuple):
    """An id's place in one of the two lists. reason, removed_us: of a tombstone."""

    list: int
    position: int
    modified_us: int
    reason: str
    removed_us: int


class ShopCounts(NamedTuple):
    """What is held of one feed."""

    scope: int
    records: int
    removed: int
    withheld: int
    position: int


class KeyRow(NamedTuple):
    """A key. hash: SHA-256 of its secret. revoked_us: 0 while it lives."""

    key_id: str
    role: str
    importer: str
    shops: tuple[str, ...]
    hash: bytes
    created_us: int
    revoked_us: int


class NotifyRow(NamedTuple):
    """Whom to tell of an importer's pages. url: "" for nobody."""

    url: str = ""
    api_key: str = ""
    integration_type_id: str = ""
    allow_private: bool = False


class ImporterRow(NamedTuple):
    """An importer. starts: scope → "full" or "committed"; absent means full."""

    importer: str
    starts: dict[int, str]
    commit_way: str = "importer"
    accept_loss: bool = False
    notify: NotifyRow = NotifyRow()


# What stands of one that nothing was set for.
NEW_IMPORTER = ImporterRow("", {})


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
