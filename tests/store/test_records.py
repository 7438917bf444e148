from __future__ import annotations

from typing import Any

import pytest
from tests import factories
from tests.clock import BEGIN_US, Clock
from tests.store.shop import CUSTOMERS, Shop

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server import errors, records
from pullfeed_server.store import rows

# 2024-12-01T10:30:00Z, when the customers of these tests were last modified.
_MODIFIED_US = 1_733_049_000_000_000
_SECOND_US = 1_000_000


def _withheld(shop: Shop, reason: str = "") -> list[rows.WithheldRow]:
    return shop.store.read(
        lambda tx: tx.records.withheld(factories.SHOP, CUSTOMERS, reason, "", 100)
    )


def _counts(shop: Shop) -> list[tuple[int, ...]]:
    return [tuple(one) for one in shop.store.read(lambda tx: tx.feeds.counts(factories.SHOP))]


def _put_unreadable(shop: Shop, *unreadable: dict[str, Any]) -> list[str]:
    found = [record_service_pb2.UnreadableRecord(**row) for row in unreadable]
    batch = records.Batch(factories.SHOP, CUSTOMERS, (), found, force=False)
    return shop.records.put(batch).outcomes


def test_a_put_makes_the_shop_and_gives_positions_in_order(shop: Shop) -> None:
    assert shop.put("c2", "c1", "c3") == ["stored"] * 3
    assert shop.position() == 3
    assert shop.importer(page_size=3).walk() == ["c2", "c1", "c3"]


def test_the_same_put_again_takes_no_position(shop: Shop) -> None:
    shop.put("c1", "c2")
    assert shop.put("c1", "c2") == ["unchanged"] * 2
    assert shop.position() == 2


def test_a_changed_record_moves_to_the_end_of_the_feed(shop: Shop) -> None:
    shop.put("c1", "c2")
    shop.put("c1", second=1)
    assert shop.importer().walk() == ["c2", "c1"]
    assert shop.position() == 3


def test_an_older_put_is_stale_and_changes_nothing(shop: Shop) -> None:
    shop.put("c1", second=5)
    assert shop.put("c1", second=4) == ["stale"]
    assert shop.position() == 1


def test_a_forced_older_put_is_stored(shop: Shop) -> None:
    shop.put("c1", second=5)
    assert shop.put("c1", second=4, force=True) == ["stored"]


def test_the_last_of_an_id_in_a_batch_wins(shop: Shop) -> None:
    first = factories.customer(customer_id="c1", first_name="Amber")
    last = factories.customer(customer_id="c1", first_name="Brook")
    assert shop.put_all([factories.record(one) for one in (first, last)]) == ["stored"] * 2
    assert shop.position() == 1
    (body,) = shop.importer().page(1).bodies
    assert b'"Brook"' in body


def test_a_bad_record_is_withheld_beside_the_good_ones(shop: Shop, clock: Clock) -> None:
    bad = factories.customer(customer_id="c2", email="no", mobile="555")
    batch = [*factories.customers(1), factories.record(bad)]
    assert shop.put_all(batch) == ["stored", "withheld"]
    assert _withheld(shop) == [
        rows.WithheldRow(
            "c2",
            _MODIFIED_US,
            (("email", "BAD_EMAIL"), ("mobile", "BAD_PHONE")),
            BEGIN_US,
            BEGIN_US,
        )
    ]


def test_a_withheld_record_comes_back_with_its_violations(shop: Shop) -> None:
    batch = [factories.record(factories.customer(gender="M"))]
    put = shop.records.put(records.Batch(factories.SHOP, CUSTOMERS, batch, (), force=False))
    (judged,) = put.versions
    assert (judged.id, put.outcomes) == ("c1", ["withheld"])
    assert [tuple(one) for one in getattr(judged, "violations", ())] == [("gender", "NOT_ALLOWED")]


def test_first_seen_stays_while_a_record_stays_bad(shop: Shop, clock: Clock) -> None:
    shop.put("c1", email="no")
    clock.forward(_SECOND_US)
    shop.put("c1", email="still no")
    (row,) = _withheld(shop)
    assert (row.first_seen_us, row.last_seen_us) == (BEGIN_US, BEGIN_US + _SECOND_US)


def test_first_seen_begins_anew_after_a_good_version(shop: Shop, clock: Clock) -> None:
    shop.put("c1", email="no")
    clock.forward(_SECOND_US)
    shop.put_all(
        [
            factories.record(factories.customer(customer_id="c1")),
            factories.record(factories.customer(customer_id="c1", email="no")),
        ]
    )
    (row,) = _withheld(shop)
    assert row.first_seen_us == BEGIN_US + _SECOND_US


def test_a_good_version_leaves_the_withheld(shop: Shop) -> None:
    shop.put("c1", email="no")
    assert shop.put("c1") == ["stored"]
    assert _withheld(shop) == []
    assert shop.importer().walk() == ["c1"]


def test_a_withheld_newer_version_withdraws_the_older_one(shop: Shop) -> None:
    shop.put("c1")
    assert shop.put("c1", second=1, email="no") == ["withheld"]
    assert shop.importer().walk() == []
    assert _counts(shop) == [(CUSTOMERS, 0, 1, 1, 2)]


def test_a_row_that_could_not_be_read_is_withheld(shop: Shop) -> None:
    assert _put_unreadable(shop, {"id": "c1", "reason": "BAD_ROW"}, {"reason": "BAD_ROW"}) == [
        "withheld",
        "withheld",
    ]
    # Without an id the answer is its only trace.
    assert [(row.id, row.violations) for row in _withheld(shop)] == [("c1", (("", "BAD_ROW"),))]


def test_a_batch_has_at_least_one_record(shop: Shop) -> None:
    with pytest.raises(errors.BatchSize):
        shop.put_all([])


def test_a_batch_has_at_most_a_thousand_together_with_the_unreadable(shop: Shop) -> None:
    unreadable = [record_service_pb2.UnreadableRecord(id="x", reason="BAD_ROW")]
    batch = records.Batch(factories.SHOP, CUSTOMERS, factories.customers(1000), unreadable, False)
    with pytest.raises(errors.BatchSize):
        shop.records.put(batch)
    assert shop.records.put(batch._replace(unreadable=())).outcomes == ["stored"] * 1000


def test_a_refused_batch_makes_no_shop(shop: Shop) -> None:
    with pytest.raises(errors.BatchSize):
        shop.put_all([])
    with pytest.raises(errors.ShopNotFound):
        shop.importer().page(1)


def test_a_record_of_another_scope_is_withheld(shop: Shop) -> None:
    assert shop.put_all([factories.record(factories.product())]) == ["withheld"]
    assert _withheld(shop)[0].violations == (("", "WRONG_SCOPE"),)


def test_the_same_id_lives_in_each_scope_and_each_shop(shop: Shop) -> None:
    shop.put("x1")
    shop.put("x1", name="other.example")
    shop.put_all([factories.record(factories.order(order_id="x1"))], scope=record_pb2.SCOPE_ORDER)
    assert _counts(shop) == [(CUSTOMERS, 1, 0, 0, 1), (record_pb2.SCOPE_ORDER, 1, 0, 0, 1)]


def test_a_delete_leaves_a_tombstone_and_takes_the_record(shop: Shop) -> None:
    shop.put("c1", "c2")
    assert shop.delete("c1") == ["stored"]
    assert shop.importer().walk() == ["c2"]
    assert _counts(shop) == [(CUSTOMERS, 1, 1, 0, 3)]


def test_a_delete_of_what_is_unknown_or_gone_changes_nothing(shop: Shop) -> None:
    shop.put("c1")
    shop.delete("c1")
    assert shop.delete("c1", "c9") == ["unchanged"] * 2
    assert shop.position() == 2


def test_an_id_named_twice_is_deleted_once(shop: Shop) -> None:
    shop.put("c1")
    assert shop.delete("c1", "c1") == ["stored", "unchanged"]


def test_a_delete_trims_an_id_as_a_put_does(shop: Shop) -> None:
    shop.put(" c1 ")
    assert shop.delete(" c1 ") == ["stored"]


def test_a_delete_from_before_the_last_change_is_stale_unless_forced(shop: Shop) -> None:
    shop.put("c1", second=5)
    before_us = _MODIFIED_US + 4 * _SECOND_US
    assert shop.delete("c1", removed_us=before_us) == ["stale"]
    assert shop.delete("c1", removed_us=before_us, force=True) == ["stored"]


def test_a_retried_put_does_not_undo_a_newer_delete(shop: Shop) -> None:
    shop.put("c1")
    shop.delete("c1", removed_us=_MODIFIED_US + _SECOND_US)
    assert shop.put("c1") == ["stale"]
    assert shop.put("c1", second=2) == ["stored"]
    assert _counts(shop) == [(CUSTOMERS, 1, 0, 0, 3)]


def test_a_delete_takes_a_record_from_the_withheld(shop: Shop) -> None:
    shop.put("c1", email="no")
    assert shop.delete("c1") == ["stored"]
    assert _withheld(shop) == []


def test_a_delete_in_an_unknown_shop_is_refused_and_makes_none(shop: Shop) -> None:
    for _ in range(2):
        with pytest.raises(errors.ShopNotFound):
            shop.delete("c1")


def test_a_deleted_record_leaves_none_of_its_values(shop: Shop) -> None:
    shop.put("c1")
    shop.delete("c1")
    standing = shop.store.read(lambda tx: tx.records.standings(factories.SHOP, CUSTOMERS, ["c1"]))
    assert standing == {"c1": rows.Standing(rows.REMOVED, BEGIN_US, b"", "deleted", False)}
