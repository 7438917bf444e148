"""The rows a store takes and gives. Positions and microseconds are integers.

All are called `rows.X`. Where each is described:

    feeds       shops, their feeds, and what these count
    records     the two lists, a page of them, the withheld, held and erased
    walks       walks by page number, their marks, commits
    deliveries  what the ledger has of a walk: served, confirmed, rejected
    keys        keys and importers
    outbox      notices, and the lines they wait in

One that only the store itself names stands beside its part of the contract.
"""

from __future__ import annotations

from pullfeed_server.store.rows.deliveries import (
    DeliveryRow,
    LengthRow,
    ReceiptRow,
    RejectedRow,
    ServedRow,
    WalkName,
)
from pullfeed_server.store.rows.feeds import FILLING, MOVED, OPEN, FeedRow, ShopCounts
from pullfeed_server.store.rows.keys import NEW_IMPORTER, ImporterRow, KeyRow, NotifyRow
from pullfeed_server.store.rows.outbox import (
    DEAD,
    DONE,
    DUE,
    HELD,
    NEVER,
    NoticeRow,
    OutboxKey,
    OutboxRow,
)
from pullfeed_server.store.rows.records import (
    RECORDS,
    REMOVED,
    UNKNOWN,
    ChangeRow,
    EncodedRow,
    ErasureRow,
    HeldRow,
    PageRows,
    PlaceRow,
    RecordRow,
    Standing,
    TombstoneRow,
    WithheldRow,
)
from pullfeed_server.store.rows.walks import CommitRow, ConfirmationRow, MarkRow, WalkKey, WalkRow

__all__ = [
    "DEAD",
    "DONE",
    "DUE",
    "FILLING",
    "HELD",
    "MOVED",
    "NEVER",
    "NEW_IMPORTER",
    "OPEN",
    "RECORDS",
    "REMOVED",
    "UNKNOWN",
    "ChangeRow",
    "CommitRow",
    "ConfirmationRow",
    "DeliveryRow",
    "EncodedRow",
    "ErasureRow",
    "FeedRow",
    "HeldRow",
    "ImporterRow",
    "KeyRow",
    "LengthRow",
    "MarkRow",
    "NoticeRow",
    "NotifyRow",
    "OutboxKey",
    "OutboxRow",
    "PageRows",
    "PlaceRow",
    "ReceiptRow",
    "RecordRow",
    "RejectedRow",
    "ServedRow",
    "ShopCounts",
    "Standing",
    "TombstoneRow",
    "WalkKey",
    "WalkName",
    "WalkRow",
    "WithheldRow",
]
