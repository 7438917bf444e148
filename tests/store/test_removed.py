"""The list of the removed, and both lists as one."""

from __future__ import annotations

import orjson
import pytest
from tests import factories
from tests.clock import BEGIN_US, DAY_US, Clock
from tests.store.shop import CUSTOMERS, Importer, Shop

from pullfeed.v1 import record_pb2
from pullfeed_server import changes, commits, errors, feed, records, retention
from pullfeed_server.store import rows

_SECOND_US = 1_000_000


def _page(importer: Importer, number: int, *, as_json: bool = True) -> feed.Page:
    order = feed.Order(
        importer.name,
        factories.SHOP,
        CUSTOMERS,
        rows.REMOVED,
        "",
        number,
        importer.page_size,
        as_json=as_json,
    )
    return importer.shop.feeds.fetch(order)


def _removed(importer: Importer) -> list[tuple[str, str]]:
    """Ids and reasons of a whole walk."""
    found: list[tuple[str, str]] = []
    number, has_next = 1, True
    while has_next:
        page = _page(importer, number)
        plain = orjson.loads(b"[%b]" % b",".join(page.bodies))
        found += [(one["customer_id"], one["reason"]) for one in plain]
        number, has_next = number + 1, page.has_next
    return found


def _changes(shop: Shop, after: int = 0, limit: int = 100, epoch: int = 0) -> changes.Page:
    query = changes.Query(factories.SHOP, CUSTOMERS, after, epoch or shop.epoch, limit)
    return changes.Changes(shop.store).fetch(query)


def test_removed_records_are_walked_page_by_page(shop: Shop) -> None:
    shop.put("c1", "c2", "c3", "c4")
    shop.delete("c3", "c1", "c2")
    assert _removed(shop.importer()) == [("c3", "deleted"), ("c1", "deleted"), ("c2", "deleted")]
    assert shop.importer("other").walk() == ["c4"]


def test_a_tombstone_tells_id_date_and_reason_in_either_form(shop: Shop, clock: Clock) -> None:
    shop.put("c1")
    clock.forward(_SECOND_US)
    shop.delete("c1")
    (body,) = _page(shop.importer(), 1).bodies
    assert body.decode() == (
        '{"customer_id":"c1","removed_date":"2026-01-01T00:00:01Z","reason":"deleted"}'
    )
    (proto,) = _page(shop.importer(), 1, as_json=False).bodies
    removed = record_pb2.RemovedRecord.FromString(proto)
    assert removed.removed_date.ToMicroseconds() == BEGIN_US + _SECOND_US


def test_what_vanished_says_so(shop: Shop) -> None:
    shop.put("c1")
    removals = records.Removals(factories.SHOP, CUSTOMERS, ["c1"], None, False, "vanished")
    assert shop.records.delete(removals) == ["stored"]
    assert _removed(shop.importer()) == [("c1", "vanished")]


def test_a_withheld_version_is_among_the_removed(shop: Shop) -> None:
    shop.put("c1")
    shop.put("c1", second=1, email="no")
    assert _removed(shop.importer()) == [("c1", "withheld")]


def test_a_tombstone_goes_when_its_id_comes_back(shop: Shop) -> None:
    shop.put("c1")
    shop.delete("c1", removed_us=BEGIN_US)
    shop.put_all([factories.record(factories.customer(last_modified_date="2026-02-01T00:00:00Z"))])
    assert _removed(shop.importer()) == []
    assert shop.importer().walk() == ["c1"]


def test_each_list_has_a_commit_of_its_own(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    shop.delete("c1", "c2", "c3")
    importer = shop.importer()
    importer.starts_at_the_commit()
    token = _page(importer, 1).commit_token
    claim = commits.Claim("mail", factories.SHOP, CUSTOMERS, rows.REMOVED, token, "", 0, 0)
    assert shop.commits.commit(claim).position == 5
    assert (
        shop.store.read(lambda tx: tx.commits.get(factories.SHOP, CUSTOMERS, rows.RECORDS, "mail"))
        is None
    )
    with pytest.raises(errors.TokenForeign):
        shop.commits.commit(claim._replace(list=rows.RECORDS))


def test_a_walk_of_the_removed_begins_at_their_commit(shop: Shop) -> None:
    shop.put("c1", "c2")
    shop.delete("c1")
    importer = shop.importer()
    importer.starts_at_the_commit()
    token = _page(importer, 1).commit_token
    shop.commits.commit(
        commits.Claim("mail", factories.SHOP, CUSTOMERS, rows.REMOVED, token, "", 0, 0)
    )
    shop.delete("c2")
    assert _removed(importer) == [("c2", "deleted")]


def test_a_cursor_of_one_list_is_foreign_to_the_other(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    shop.delete("c1", "c2", "c3")
    cursor = _page(shop.importer(), 1).cursor
    with pytest.raises(errors.CursorForeign):
        shop.importer().after(cursor)


def test_an_invalid_no_goes_out_on_the_list_of_records(shop: Shop) -> None:
    shop.put("c1", "c2")
    refused = factories.customer(
        email="no", consent="no", last_modified_date="2024-12-02T10:30:00Z"
    )
    assert shop.put_all([factories.record(refused)]) == ["withheld"]
    (body,) = shop.importer(page_size=1).page(2).bodies
    expected = factories.customer(consent="No", last_modified_date="2024-12-02T10:30:00Z")
    assert orjson.loads(body) == factories.plain(expected)
    assert shop.put_all([factories.record(refused)]) == ["withheld"]
    assert shop.position() == 3


def test_an_invalid_no_of_an_unknown_id_is_a_tombstone(shop: Shop) -> None:
    shop.put_all([factories.record(factories.customer(email="no", consent="No"))])
    assert _removed(shop.importer()) == [("c1", "consent_withdrawn")]


def test_a_no_is_remembered_from_one_put_to_the_next(shop: Shop) -> None:
    no = factories.customer(consent="No")
    assert shop.put_all([factories.record(no)]) == ["stored"]
    assert shop.put("c1") == ["stale"]
    assert shop.put("c1", second=1) == ["stored"]


def test_changes_are_both_lists_in_the_order_of_positions(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    shop.delete("c2")
    shop.put("c1", second=1)
    page = _changes(shop)
    assert [(row.position, row.list) for row in page.rows] == [
        (3, rows.RECORDS),
        (4, rows.REMOVED),
        (5, rows.RECORDS),
    ]
    assert (page.position, page.epoch, page.has_next) == (5, shop.epoch, False)
    assert record_pb2.Customer.FromString(page.rows[0].proto).customer_id == "c3"
    assert record_pb2.RemovedRecord.FromString(page.rows[1].proto).id == "c2"


def test_changes_go_on_behind_a_position(shop: Shop) -> None:
    shop.put("c1", "c2", "c3")
    shop.delete("c2")
    first = _changes(shop, limit=2)
    assert ([row.position for row in first.rows], first.has_next) == ([1, 3], True)
    second = _changes(shop, first.position, limit=2)
    assert ([row.position for row in second.rows], second.has_next) == ([4], False)
    third = _changes(shop, second.position)
    assert (third.rows, third.position) == ([], 4)


def test_a_position_of_another_epoch_is_refused_but_for_the_beginning(shop: Shop) -> None:
    shop.put("c1")
    with pytest.raises(errors.CursorExpired) as refused:
        _changes(shop, 1, epoch=shop.epoch + 1)
    assert refused.value.field == "epoch"
    assert len(_changes(shop, 0, epoch=shop.epoch + 1).rows) == 1


def test_changes_behind_removals_that_are_gone_are_refused_but_for_the_beginning(
    shop: Shop, clock: Clock
) -> None:
    shop.put("c1", "c2")
    shop.delete("c1")
    clock.forward(2 * DAY_US)
    for _ in retention.Retention(shop.store, 1).prune():
        pass
    with pytest.raises(errors.ResyncRequired):
        _changes(shop, 2)
    assert [row.position for row in _changes(shop, 0).rows] == [2]
    assert _changes(shop, 3).rows == []


def test_changes_of_an_unknown_shop_are_refused(shop: Shop) -> None:
    with pytest.raises(errors.ShopNotFound):
        _changes(shop)
