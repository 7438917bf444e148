"""What is left of a removed record, as the bytes that are stored."""

from __future__ import annotations

import orjson

from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import scopes

# Why a tombstone stands, in the contract's words.
DELETED, VANISHED, ERASED = "deleted", "vanished", "erased"
WITHHELD, CONSENT_WITHDRAWN = "withheld", "consent_withdrawn"

_REASONS = {
    DELETED: record_pb2.REMOVED_REASON_DELETED,
    VANISHED: record_pb2.REMOVED_REASON_VANISHED,
    ERASED: record_pb2.REMOVED_REASON_ERASED,
    WITHHELD: record_pb2.REMOVED_REASON_WITHHELD,
    CONSENT_WITHDRAWN: record_pb2.REMOVED_REASON_CONSENT_WITHDRAWN,
}
_WORDS: dict[int, str] = {number: word for word, number in _REASONS.items()}


def word_of(reason: int) -> str:
    """The word of a REMOVED_REASON; deleted where it is not said."""
    return _WORDS.get(reason, DELETED)


def encoded(kind: scopes.Kind, record_id: str, removed_us: int, reason: str) -> tuple[bytes, bytes]:
    """Its Protobuf, and its JSON in the contract's style and order."""
    removed = record_pb2.RemovedRecord(id=record_id, reason=_REASONS[reason])
    removed.removed_date.FromMicroseconds(removed_us)
    return removed.SerializeToString(deterministic=True), to_json(kind, removed)


def rendered(kind: scopes.Kind, proto: bytes) -> bytes:
    """The JSON of a stored one."""
    return to_json(kind, record_pb2.RemovedRecord.FromString(proto))


def to_json(kind: scopes.Kind, removed: record_pb2.RemovedRecord) -> bytes:
    """The tombstone's JSON object in UTF-8."""
    plain = {
        kind.id_field: removed.id,
        "removed_date": removed.removed_date.ToJsonString(),
        "reason": word_of(removed.reason),
    }
    return orjson.dumps(plain)
