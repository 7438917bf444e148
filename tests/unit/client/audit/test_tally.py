"""What the audit counts."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Generator, Iterator

from pullfeed_client import scopes, supply
from pullfeed_client.audit import tally
from pullfeed_client.sources import files

GOOD = (
    b'{"product_id":"%s","name":"Lamp","price":"7","currency":"SAR",'
    b'"last_modified_date":"2025-06-01T10:30:00Z"}\n'
)


def counted(text: bytes, scope: str = "product") -> tally.Tally:
    @contextlib.contextmanager
    def rows() -> Generator[Iterator[files.Row]]:
        yield files.json_lines(io.BytesIO(text))

    return tally.of(supply.Supply(scopes.KINDS[scope], rows))


def test_records_are_delivered_or_withheld() -> None:
    found = counted(GOOD % b"1" + GOOD % b"2" + b'{"product_id":"3"}\n')
    assert (found.records, found.delivered, found.withheld) == (3, 2, 1)
    assert {(one.field, one.reason): one.examples for one in found.by_weight} == {
        ("currency", "MISSING"): ["3"],
        ("last_modified_date", "MISSING"): ["3"],
        ("name", "MISSING"): ["3"],
        ("price", "MISSING"): ["3"],
    }
    assert [one.alone for one in found.by_weight] == [0, 0, 0, 0]


def test_a_fault_that_is_the_only_one_is_counted_so() -> None:
    [found] = counted((GOOD % b"1").replace(b"SAR", b"XXQ") * 7).by_weight
    assert (found.field, found.reason, found.records, found.alone) == (
        "currency",
        "BAD_CURRENCY",
        7,
        7,
    )
    assert len(found.examples) == 5


def test_a_fault_in_several_lines_of_an_order_is_one() -> None:
    order = b'{"order_id":"1","line_items":[{"name":"a"},{"name":"b"}]}\n'
    [found] = [one for one in counted(order, "order").by_weight if "quantity" in one.field]
    assert (found.field, found.records, found.examples) == ("line_items.quantity", 1, ["1"])


def test_a_row_that_cannot_be_read_is_looked_at_no_further() -> None:
    [found] = counted(b'{"product_id":"1","price":true}\n').by_weight
    assert (found.field, found.reason, found.alone, found.is_unread) == (
        "price",
        "BAD_TYPE",
        0,
        True,
    )


def test_a_record_without_a_usable_id_is_named_by_its_line() -> None:
    found = counted(b"{}\nbroken\n")
    assert found.lost == 2
    assert [one.examples for one in found.by_weight if one.reason == "BAD_ROW"] == [["line 2"]]


def test_an_id_that_came_before_is_told() -> None:
    found = counted((GOOD % b"1") * 3 + GOOD % b"2")
    assert (found.repeated, found.repeated_examples) == (2, ["1", "1"])
