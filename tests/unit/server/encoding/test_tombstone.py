from __future__ import annotations

import pytest

from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import scopes, tombstone

# 2024-12-01T10:30:00Z
_REMOVED_US = 1_733_049_000_000_000

# Each reason as it is handed out, in JSON and in Protobuf.
_REASONS = {
    "deleted": 1,
    "vanished": 2,
    "erased": 3,
    "withheld": 4,
    "consent_withdrawn": 5,
}


@pytest.mark.parametrize(("reason", "number"), _REASONS.items())
def test_a_tombstone_comes_with_both_encodings(reason: str, number: int) -> None:
    kind = scopes.KINDS[record_pb2.SCOPE_CUSTOMER]
    proto, json = tombstone.encoded(kind, 'c"1', _REMOVED_US, reason)
    removed = record_pb2.RemovedRecord.FromString(proto)
    assert (removed.id, removed.removed_date.ToMicroseconds()) == ('c"1', _REMOVED_US)
    assert removed.reason == number
    plain = '{"customer_id":"c\\"1","removed_date":"2024-12-01T10:30:00Z","reason":"'
    assert json.decode() == f'{plain}{reason}"}}'


@pytest.mark.parametrize(
    ("scope", "field"), [(1, b'{"customer_id":'), (2, b'{"order_id":'), (3, b'{"product_id":')]
)
def test_each_scope_names_its_id_as_its_records_do(scope: int, field: bytes) -> None:
    assert tombstone.encoded(scopes.KINDS[scope], "x", 0, "deleted")[1].startswith(field)


@pytest.mark.parametrize(
    ("removed_us", "date"),
    [(1, b"1970-01-01T00:00:00.000001Z"), (1_500_000, b"1970-01-01T00:00:01.500Z")],
)
def test_a_date_keeps_its_fraction(removed_us: int, date: bytes) -> None:
    kind = scopes.KINDS[record_pb2.SCOPE_ORDER]
    assert date in tombstone.encoded(kind, "o1", removed_us, "deleted")[1]


@pytest.mark.parametrize("word", _REASONS)
def test_a_reason_has_one_word(word: str) -> None:
    assert tombstone.word_of(_REASONS[word]) == word
    assert tombstone.word_of(0) == "deleted"


@pytest.mark.parametrize("reason", _REASONS)
def test_a_stored_tombstone_is_rendered_as_it_was_made(reason: str) -> None:
    kind = scopes.KINDS[record_pb2.SCOPE_ORDER]
    proto, json = tombstone.encoded(kind, "o1", _REMOVED_US, reason)
    assert tombstone.rendered(kind, proto) == json


def test_a_reason_that_only_a_newer_version_knows_reads_as_deleted() -> None:
    kind = scopes.KINDS[record_pb2.SCOPE_CUSTOMER]
    newer = b"\x0a\x02c1\x18\x63"
    assert record_pb2.RemovedRecord.FromString(newer).reason == 99
    assert b'"reason":"deleted"' in tombstone.rendered(kind, newer)
