"""Erasing and lifting on a store, and what a journal does to a restored one."""

from __future__ import annotations

import pathlib

import pytest
from tests import factories
from tests.clock import BEGIN_US, Clock
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import erasures, errors, holds, journal
from pullfeed_server.store import Store, rows, schema
from pullfeed_server.store.sql import erasures as sql

# Older puts of the same records are stale no more once they were erased.
_OTHER = "other.example"


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "erasures.jsonl"


@pytest.fixture
def erasing(shop: Shop, path: pathlib.Path) -> erasures.Erasures:
    return erasures.Erasures(shop.store, journal.Journal(path))


def _standing(store: Store, record_id: str = "c1") -> rows.Standing | None:
    found = store.read(lambda tx: tx.records.standings(factories.SHOP, CUSTOMERS, [record_id]))
    return found.get(record_id)


def _counts(shop: Shop) -> list[tuple[int, ...]]:
    return [tuple(one) for one in shop.store.read(lambda tx: tx.feeds.counts(factories.SHOP))]


def _erase(erasing: erasures.Erasures, *ids: str) -> tuple[int, int]:
    found = erasing.erase(factories.SHOP, CUSTOMERS, ids)
    return found.erased, found.unchanged


def _lift(erasing: erasures.Erasures, *ids: str) -> int:
    return erasing.lift(factories.SHOP, CUSTOMERS, ids)


def test_an_erased_record_leaves_a_tombstone_that_keeps_its_id_away(
    shop: Shop, erasing: erasures.Erasures
) -> None:
    shop.put("c1", "c2")
    assert _erase(erasing, "c1") == (1, 0)
    assert shop.position() == 3
    assert _standing(shop.store) == rows.Standing(
        rows.REMOVED, -(2**62), b"", "erased", False, suppressed=True
    )
    assert shop.put("c1", second=30) == ["erased"]
    assert shop.put("c1", second=30, force=True) == ["erased"]
    assert shop.position() == 3


def test_an_unknown_id_is_erased_too(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c2")
    assert _erase(erasing, "c1") == (1, 0)
    assert shop.put("c1") == ["erased"]
    assert _counts(shop) == [(CUSTOMERS, 1, 1, 0, 2)]


def test_a_withheld_version_is_erased_too(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1", email="no")
    _erase(erasing, "c1")
    assert _counts(shop) == [(CUSTOMERS, 0, 1, 0, 1)]


def test_what_was_erased_before_is_left_as_it_is(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1", "c2")
    _erase(erasing, "c1")
    assert _erase(erasing, "c1", "c2", " c2 ") == (1, 2)
    assert shop.position() == 4


def test_an_erasure_in_an_unknown_shop_is_refused_and_not_noted(
    erasing: erasures.Erasures, path: pathlib.Path
) -> None:
    with pytest.raises(errors.ShopNotFound):
        _erase(erasing, "c1")
    with pytest.raises(errors.ShopNotFound):
        _lift(erasing, "c1")
    assert not path.exists()


def test_a_lifted_id_may_be_put_again(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1")
    _erase(erasing, "c1")
    assert _lift(erasing, "c1", "c9") == 1
    assert _lift(erasing, "c1") == 0
    assert shop.position() == 2
    assert shop.put("c1") == ["stored"]
    assert shop.importer().walk() == ["c1"]


def test_a_lifted_id_may_be_erased_again(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1")
    _erase(erasing, "c1")
    _lift(erasing, "c1")
    shop.put("c1")
    assert _erase(erasing, "c1") == (1, 0)
    assert shop.position() == 4
    assert shop.put("c1") == ["erased"]


def test_an_erasure_touches_its_shop_and_scope_alone(
    shop: Shop, erasing: erasures.Erasures
) -> None:
    shop.put("c1")
    shop.put("c1", name=_OTHER)
    shop.put("x", name=_OTHER, email="no")
    _erase(erasing, "c1", "x")
    assert shop.put("c1", name=_OTHER) == ["unchanged"]
    counts = shop.store.read(lambda tx: tx.feeds.counts(_OTHER))
    assert [tuple(one) for one in counts] == [(CUSTOMERS, 1, 0, 1, 1)]


def test_an_erasure_reaches_every_table_with_ids() -> None:
    with_ids = {table for table in schema.metadata.sorted_tables if "id" in table.c}
    assert with_ids == {schema.records, schema.erasures, schema.held, *sql.ERASED_FROM}


def test_an_erased_id_leaves_its_hold(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1", "c2")
    held = holds.Holds(shop.store, days=7)
    held.add(holds.Holding(factories.SHOP, CUSTOMERS, ["c1", "c2"], "deleted", replace=False))
    _erase(erasing, "c1")
    page, hold = held.page(factories.SHOP, CUSTOMERS, 10, "")
    assert (page.items, hold.held) == (["c2"], 1)


def test_what_may_still_hold_bytes_is_told(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1")
    pending = erasing.erase(factories.SHOP, CUSTOMERS, ["c1"]).pending
    assert any("ackups" in sentence for sentence in pending)
    assert all(sentence.endswith(".") for sentence in pending)


def test_a_start_that_finds_all_done_writes_nothing(shop: Shop, erasing: erasures.Erasures) -> None:
    shop.put("c1", "c2")
    _erase(erasing, "c1", "c2")
    _lift(erasing, "c1")
    shop.put("c1")
    assert erasing.replay() == 0
    assert shop.importer().walk() == ["c1"]
    assert shop.position() == 5


def test_a_restored_database_is_erased_again(
    shop: Shop, erasing: erasures.Erasures, clock: Clock
) -> None:
    shop.put("c1", "c2", "c3")
    _erase(erasing, "c1", "c2")
    clock.forward(1)
    _lift(erasing, "c2")
    _forget(shop, "c1", "c2")
    assert erasing.replay() == 2
    assert shop.importer().walk() == ["c3"]
    assert shop.put("c1", second=30) == ["erased"]
    assert shop.put("c2", second=30) == ["stored"]
    assert erasing.replay() == 0


def test_a_copy_from_before_the_shops_first_put_is_erased_too(
    store: Store, path: pathlib.Path, clock: Clock
) -> None:
    entry = journal.Entry(journal.ERASE, factories.SHOP, CUSTOMERS, "c1", BEGIN_US)
    journal.Journal(path).append([entry])
    assert erasures.Erasures(store, journal.Journal(path)).replay() == 1
    assert Shop(store).put("c1") == ["erased"]


def test_journals_of_several_cores_come_to_the_same_in_any_order(
    shop: Shop, tmp_path: pathlib.Path, clock: Clock
) -> None:
    ours = erasures.Erasures(shop.store, journal.Journal(tmp_path / "ours"))
    theirs = erasures.Erasures(shop.store, journal.Journal(tmp_path / "theirs"))
    shop.put("c1")
    _erase(ours, "c1")
    _lift(theirs, "c1")
    _forget(shop, "c1")
    theirs.replay()
    ours.replay()
    assert _standing(shop.store) == rows.Standing(rows.REMOVED, -(2**62), b"", "erased", False)
    assert shop.put("c1") == ["stored"]


def test_the_clock_may_go_back_between_an_erasure_and_the_next(
    shop: Shop, erasing: erasures.Erasures, clock: Clock
) -> None:
    shop.put("c1")
    _erase(erasing, "c1")
    clock.forward(-1_000)
    _lift(erasing, "c1")
    clock.forward(-1_000)
    _erase(erasing, "c1")
    _forget(shop, "c1")
    erasing.replay()
    assert shop.put("c1") == ["erased"]


def test_an_erasure_that_is_not_in_the_journal_is_not_answered(
    shop: Shop, path: pathlib.Path, erasing: erasures.Erasures
) -> None:
    shop.put("c1")
    path.mkdir()
    with pytest.raises(errors.StoreUnavailable):
        _erase(erasing, "c1")
    path.rmdir()
    assert _erase(erasing, "c1") == (0, 1)
    _forget(shop, "c1")
    assert erasing.replay() == 1


def _forget(shop: Shop, *ids: str) -> None:
    """As a restore to a copy from before: the records are there, and no erasure is known."""

    def work(tx: object) -> None:
        cursor = tx.erasures._cursor  # type: ignore[attr-defined]
        cursor.execute(f"DELETE FROM {schema.erasures.name}")  # noqa: S608 - a name of our own
        cursor.execute(f"DELETE FROM {schema.records.name} WHERE reason = 'erased'")  # noqa: S608

    shop.store.write(work)
    shop.put(*ids)
