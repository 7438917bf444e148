"""Rows that a core of one version wrote and that of another reads, and brings to its own form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from tests import factories, versions
from tests.store.renewal import renewals
from tests.store.shop import CUSTOMERS, Importer, Shop, ids

from pullfeed.v1 import record_pb2
from pullfeed_server import encoding, feed, renewal
from pullfeed_server.store import rows

_LISTS = (rows.RECORDS, rows.REMOVED)


@pytest.fixture
def filled(shop: Shop, core: versions.Versions) -> Shop:
    """Customers c1 to c5 and tombstones of g1 to g3, of a core that writes version 2."""
    core.writes(2)
    shop.put("g1", "g2", "g3", "c1", "c2", "c3", "c4", "c5")
    shop.delete("g1", "g2", "g3")
    return shop


def _pages(importer: Importer, *, by_cursor: bool) -> Iterator[feed.Page]:
    """The pages of a walk, each read when it is asked for."""
    page = importer.page(1)
    yield page
    for number in itertools.count(2):
        if not page.has_next:
            return
        page = importer.after(page.cursor) if by_cursor else importer.page(number)
        yield page


def _rows(shop: Shop) -> list[tuple[Any, ...]]:
    """All that is stored of every row but its JSON and the encoding of that."""
    both = [one for kind in _LISTS for one in renewals.stored(shop, kind)]
    return [one.row._replace(json=b"") for one in both]


def _stored(shop: Shop, list: int = rows.RECORDS) -> dict[str, tuple[int, int]]:
    """The encoding of each row, and what its JSON says of that."""
    return {
        one.row.id: (one.encoding, orjson.loads(one.row.json).get("version", 1))
        for one in renewals.stored(shop, list)
    }


def _bounds(shop: Shop) -> tuple[int, int]:
    found = renewals.feed(shop)
    return found.oldest_encoding, found.newest_encoding


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("by_cursor", [True, False], ids=["by cursor", "by number"])
@pytest.mark.parametrize("list", _LISTS, ids=["records", "removed"])
def test_a_core_reads_what_the_versions_around_its_own_wrote(
    filled: Shop, core: versions.Versions, version: int, by_cursor: bool, list: int
) -> None:
    core.writes(version)
    pages = [*_pages(filled.importer(list=list), by_cursor=by_cursor)]
    expected = ["c1", "c2", "c3", "c4", "c5"] if list == rows.RECORDS else ["g1", "g2", "g3"]
    assert [one for page in pages for one in ids(page)] == expected
    assert {form for page in pages for form in versions.of(page)} == {version}
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]


def test_a_page_of_two_versions_is_read_as_one(filled: Shop, core: versions.Versions) -> None:
    core.writes(1)
    filled.put("c2", "n1", second=1)
    core.writes(2)
    page = filled.importer(page_size=10).page(1)
    assert ids(page) == ["c1", "c3", "c4", "c5", "c2", "n1"]
    assert versions.of(page) == [2] * 6


@pytest.mark.parametrize("version", [1, 3])
def test_an_empty_page_is_empty_in_every_version(
    filled: Shop, core: versions.Versions, version: int
) -> None:
    core.writes(version)
    filled.delete("c1", "c2", "c3", "c4", "c5")
    assert filled.importer().page(1).bodies == []
    assert not filled.importer().page(1).has_next


def test_protobuf_is_the_same_in_every_version(filled: Shop, core: versions.Versions) -> None:
    def read() -> rows.PageRows:
        return filled.store.read(
            lambda tx: tx.records.page_proto(factories.SHOP, CUSTOMERS, rows.RECORDS, 0, 10)
        )

    before = read()
    core.writes(3)
    renewals.reencode(filled)
    assert read() == before


def test_what_a_newer_version_knows_of_a_record_is_kept_and_not_printed(
    shop: Shop, core: versions.Versions
) -> None:
    core.writes(2)
    newer = factories.customer().SerializeToString() + b"\xfa\x3f\x03new"
    shop.put_all([record_pb2.Record(customer=record_pb2.Customer.FromString(newer))])
    core.writes(1)
    (body,) = shop.importer().page(1).bodies
    assert orjson.loads(body) == factories.plain(factories.customer())
    ((_, row),) = renewals.stored(shop)
    assert row.proto.endswith(b"\xfa\x3f\x03new")


def test_reencoding_brings_both_lists_to_the_newer_form_and_changes_nothing_else(
    filled: Shop, core: versions.Versions
) -> None:
    before, position = _rows(filled), filled.position()
    core.writes(3)
    renewing = renewals.reencode(filled)
    assert {*_stored(filled).values(), *_stored(filled, rows.REMOVED).values()} == {(3, 3)}
    assert (_rows(filled), filled.position()) == (before, position)
    assert renewing.reencoding.count == 8
    assert renewing.left() == renewal.Left(0, 0)


def test_a_core_of_the_version_before_sees_what_is_reencoded_under_it(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(3)
    next(renewal.Renewal(filled.store).reencode())
    assert _bounds(filled) == (2, 3)
    renewals.reencode(filled)
    assert _bounds(filled) == (3, 3)


def test_a_feed_of_one_form_is_joined_as_it_is_stored(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(3)
    assert _bounds(filled) == (2, 2)
    renewals.reencode(filled)
    filled.put("c1", second=1)
    assert _bounds(filled) == (3, 3)


def test_a_consent_no_and_an_erasure_outlast_reencoding(
    shop: Shop, core: versions.Versions
) -> None:
    refused = factories.record(factories.customer(customer_id="c1", consent="No"))
    shop.put_all([refused])
    shop.put("c2")
    shop.store.write(_suppress)
    core.writes(2)
    renewals.reencode(shop)
    assert shop.put("c1", second=0) == ["stale"]
    assert shop.put("c2", second=1) == ["erased"]


def _suppress(tx: Any) -> None:
    position = tx.feeds.lock(factories.SHOP, CUSTOMERS).position + 1
    proto = record_pb2.RemovedRecord(id="c2", reason=record_pb2.REMOVED_REASON_ERASED)
    tombstone = rows.TombstoneRow("c2", position, 0, "erased", 0, suppressed=True)
    encoded = tombstone._replace(proto=proto.SerializeToString(), json=b"{}")
    tx.records.remove(factories.SHOP, CUSTOMERS, [encoded])
    tx.feeds.set_position(factories.SHOP, CUSTOMERS, position)


def test_a_newer_form_is_never_written_in_an_older_one(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(1)
    filled.put("n1")
    assert renewals.reencode(filled).reencoding.count == 0
    assert _stored(filled)["c1"] == (2, 2)
    assert _stored(filled)["n1"] == (1, 1)
    core.writes(2)
    assert renewals.reencode(filled).reencoding.count == 1
    assert _bounds(filled) == (2, 2)


def test_a_core_that_was_killed_between_batches_leaves_the_rest_to_the_next(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(3)
    stopped = renewal.Renewal(filled.store).reencode()
    next(stopped)
    stopped.close()
    assert set(_stored(filled).values()) == {(2, 2), (3, 3)}
    assert _bounds(filled)[0] == 2
    assert renewals.reencode(filled).reencoding.count == 4
    assert set(_stored(filled).values()) == {(3, 3)}


def test_two_cores_reencode_at_once_and_each_row_once(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(3)
    both = [renewal.Renewal(filled.store) for _ in range(2)]
    turns = [one.reencode() for one in both]
    for _ in itertools.zip_longest(*turns):
        pass
    assert sum(one.reencoding.count for one in both) == 8
    assert set(_stored(filled).values()) == {(3, 3)}


def test_what_an_older_core_writes_meanwhile_is_reencoded_too(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(3)
    steps = renewal.Renewal(filled.store).reencode()
    for written in ("c1", "n1"):
        next(steps)
        core.writes(2)
        filled.put(written, second=1)
        core.writes(3)
    for _ in steps:
        pass
    assert set(_stored(filled).values()) == {(3, 3)}
    assert _bounds(filled) == (3, 3)
    assert versions.of(filled.importer(page_size=10).page(1)) == [3] * 6


def test_a_row_that_comes_between_the_last_look_and_the_lock_is_reencoded_too(
    filled: Shop, core: versions.Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.writes(3)
    write, late = filled.store.write, ["n1", "n2", "n3", "n4"]

    def overtaken(work: Any) -> Any:
        core.writes(2)
        with monkeypatch.context() as patch:
            patch.setattr(filled.store, "write", write)
            if late:
                filled.put(late.pop())
        core.writes(3)
        return write(work)

    monkeypatch.setattr(filled.store, "write", overtaken)
    renewals.reencode(filled)
    assert late == []
    assert set(_stored(filled).values()) == {(3, 3)}


def test_an_older_core_writes_into_a_feed_that_is_done(
    filled: Shop, core: versions.Versions
) -> None:
    core.writes(1)
    filled.put("c1", second=1)
    core.writes(2)
    assert _bounds(filled) == (1, 2)
    assert versions.of(filled.importer(page_size=10).page(1)) == [2] * 5
    assert renewal.Renewal(filled.store).left() == renewal.Left(encoding=1, rules=0)


@pytest.mark.parametrize("by_cursor", [True, False], ids=["by cursor", "by number"])
@pytest.mark.parametrize("list", _LISTS, ids=["records", "removed"])
@pytest.mark.parametrize("page_size", [1, 2, 3])
@pytest.mark.parametrize("reader", [2, 3])
def test_a_walk_misses_and_repeats_nothing_while_rows_are_reencoded(
    filled: Shop, core: versions.Versions, by_cursor: bool, list: int, page_size: int, reader: int
) -> None:
    core.writes(3)
    steps = renewal.Renewal(filled.store).reencode()
    core.writes(reader)
    seen = []
    for page in _pages(filled.importer(list=list, page_size=page_size), by_cursor=by_cursor):
        assert set(versions.of(page)) == {reader}
        seen += ids(page)
        core.writes(3)
        next(steps, None)
        core.writes(reader)
    expected = ["c1", "c2", "c3", "c4", "c5"] if list == rows.RECORDS else ["g1", "g2", "g3"]
    assert seen == expected


def test_every_scope_of_every_shop_is_reencoded(shop: Shop, core: versions.Versions) -> None:
    for name in ("a.example", "b.example"):
        for message in (factories.customer(), factories.order(), factories.product()):
            record = factories.record(message)
            scope = {"customer": 1, "order": 2, "product": 3}[record.WhichOneof("kind") or ""]
            shop.put_all([record], scope=scope, name=name)
    core.writes(2)
    renewing = renewal.Renewal(shop.store)
    assert renewing.left() == renewal.Left(encoding=6, rules=0)
    for _ in renewing.reencode():
        pass
    assert renewing.left() == renewal.Left(0, 0)
    assert renewing.reencoding.count == 6


def _give_away(shop: Shop, name: str) -> None:
    """As a move leaves a shop's feeds in its source."""
    with shop.store._begin_write() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"UPDATE feeds SET state = {rows.MOVED} WHERE shop = '{name}'")  # noqa: S608 - of the test


def test_a_shop_that_was_given_away_keeps_no_other_from_being_reencoded(
    shop: Shop, core: versions.Versions
) -> None:
    for name in ("a.example", "b.example"):
        shop.put("c1", name=name)
    _give_away(shop, "a.example")
    core.writes(2)
    renewing = renewal.Renewal(shop.store)
    assert renewing.left() == renewal.Left(encoding=1, rules=0)
    for _ in renewing.reencode():
        pass
    assert renewing.left() == renewal.Left(0, 0)
    assert renewing.reencoding.count == 1


def test_a_shop_that_is_given_away_meanwhile_is_left_alone(
    shop: Shop, core: versions.Versions
) -> None:
    for name in ("a.example", "b.example"):
        shop.put("c1", "c2", "c3", name=name)
    core.writes(2)
    renewing = renewal.Renewal(shop.store)
    steps = renewing.reencode()
    next(steps)
    _give_away(shop, "a.example")
    for _ in steps:
        pass
    assert renewing.left() == renewal.Left(0, 0)
    assert renewing.reencoding.count == 5


def test_nothing_is_done_where_every_row_has_the_form(filled: Shop) -> None:
    assert encoding.VERSION == 2
    assert [*renewal.Renewal(filled.store).reencode()] == []
