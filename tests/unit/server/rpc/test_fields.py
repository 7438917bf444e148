from __future__ import annotations

import pytest
from tests import factories

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server.rpc import fields

_BATCH = record_service_pb2.PutRecordsRequest(
    shop=factories.SHOP, scope=record_pb2.SCOPE_CUSTOMER, force=True, records=factories.customers(7)
).SerializeToString()


@pytest.mark.parametrize(("most", "expected"), [(9, True), (10, False)])
def test_the_fields_at_the_top_are_counted(most: int, *, expected: bool) -> None:
    assert fields.are_more_than(_BATCH, most) is expected


@pytest.mark.parametrize(
    ("field", "count"),
    [
        (b"\x08\x01", 10),
        (b"\x09" + b"\x01" * 8, 10),
        (b"\x0d" + b"\x01" * 4, 10),
        (b"\x1a\x80\x01" + b"\x08" * 128, 10),
        # A group has two tags.
        (b"\x0b\x0c", 5),
    ],
)
def test_each_kind_of_field_ends_where_it_should(field: bytes, count: int) -> None:
    assert fields.are_more_than(field * count, 9)
    assert not fields.are_more_than(field * count, 10)


@pytest.mark.parametrize("broken", [b"", b"\x08", b"\x0f", b"\x1a\xff", b"\x1a\x05a", b"\xff" * 40])
def test_what_is_no_message_is_left_to_its_reader(broken: bytes) -> None:
    assert not fields.are_more_than(broken, 9)


def test_counting_stops_at_the_bound() -> None:
    assert fields.are_more_than(b"\x1a\x00" * 5 + b"\xff" * 100, 4)
