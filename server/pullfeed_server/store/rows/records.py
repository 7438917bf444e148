"""What stands in the two lists of a feed, and beside them."""

from __future__ import annotations

from typing import NamedTuple

# The two lists of a feed; an id stands in exactly one of them.
RECORDS, REMOVED = 1, 2


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


class ChangeRow(NamedTuple):
    """A row of either list, as Protobuf."""

    position: int
    list: int
    proto: bytes


class PlaceRow(NamedTuple):
    """An id's place in one of the two lists. reason, removed_us: of a tombstone."""

    list: int
    position: int
    modified_us: int
    reason: str
    removed_us: int


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


class ErasureRow(NamedTuple):
    """When an id was last erased, and when that was lifted; 0 where it never was."""

    id: str
    erased_us: int
    lifted_us: int
