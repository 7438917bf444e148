"""What an importer says with a commit, read from its body.

{"shop":"shop.example","received":48,"rejected":[{"id":"7","reason":"BAD_EMAIL"}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import errors

Document: TypeAlias = Mapping[str, object]

MAX_INT32 = 2**31 - 1
MAX_REJECTED = 1000

RECEIVED = (
    "received must be a whole number of at least 0: the records counted since the last commit."
)
REJECTED = (
    'rejected must be a list of at most 1,000 objects: {"id":"7","reason":"BAD_EMAIL"}; '
    "the reason may be left out."
)


def received(said: Document) -> int | None:
    """How many records were counted; None where that is not said. Raises Refusal FIELD_INVALID."""
    count = said.get("received")
    if count is None:
        return None
    # In Python true is a number.
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_INT32:
        raise errors.invalid("received", RECEIVED)
    return count


def rejected(said: Document) -> list[feed_service_pb2.RejectedRecord]:
    """What could not be taken. Raises Refusal FIELD_INVALID."""
    listed = said.get("rejected")
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise errors.invalid("rejected", REJECTED)
    records = cast("list[object]", listed)
    if len(records) > MAX_REJECTED:
        raise errors.invalid("rejected", REJECTED)
    return [_record(record) for record in records]


def _record(record: object) -> feed_service_pb2.RejectedRecord:
    if not isinstance(record, dict):
        raise errors.invalid("rejected", REJECTED)
    named = cast("Document", record)
    record_id, reason = named.get("id"), named.get("reason")
    if not isinstance(record_id, str) or not isinstance(reason, str | None):
        raise errors.invalid("rejected", REJECTED)
    return feed_service_pb2.RejectedRecord(id=record_id, reason=reason or "")
