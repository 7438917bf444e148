"""Moving a shop between databases while it is served, from every engine to every other."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from tests import databases, factories
from tests.store import moving
from tests.store.moving import MakePair, Pair
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed_server import erasures, errors, holds, journal, maintenance, notices, records
from pullfeed_server.moving import shop as shops
from pullfeed_server.store import rows, schema
from pullfeed_server.store.sql import tables

_OTHER = "other.example"
# Importers are none's; the ledger takes note of what was served a second ago.
_NOT_OF_THE_SHOP = (schema.importers, schema.deliveries)


def test_every_table_goes_along_or_says_why_not() -> None:
    groups = (
        tables.BY_POSITION,
        tables.COMPARED,
        tables.STANDING,
        tables.MERGED,
        tables.STAYING,
    )
    named = [table for group in groups for table in group]
    assert sorted(table.name for table in named) == sorted(schema.metadata.tables)
    assert all(tables.STAYING.values())


def test_everything_of_a_shop_is_in_the_target_byte_for_byte(
    pair: Pair, tmp_path: pathlib.Path
) -> None:
    moving.furnish(pair.source, tmp_path)
    before = moving.content(pair.source_url)
    # Or the comparison would compare nothing.
    assert [name for name, found in before.items() if not found] == []
    (moved,) = pair.copy()
    assert moved.startswith("shop.example: 9 records, 4 removed; frozen for ")
    assert moving.content(pair.target_url) == before
    assert moving.content(pair.source_url) == before
    assert pair.states() == (rows.MOVED, rows.OPEN)


def test_walks_cursors_and_tokens_go_on_at_the_target(pair: Pair) -> None:
    pair.source.put("c1", "c2", "c3", "c4", "c5")
    mail, other = pair.source.importer(), pair.source.importer("other")
    first, cursor = mail.page(1), other.page(1).cursor
    pair.copy()
    target = pair.open_target()
    assert target.importer().commit_token(first.commit_token).position == 2
    assert ids(target.importer().page(2)) == ["c3", "c4"]
    assert ids(target.importer().page(3)) == ["c5"]
    assert target.importer().commit_page(3).position == 5
    assert ids(target.importer("other").after(cursor)) == ["c3", "c4"]
    target.put("c6")
    assert target.position() == 6


def _calls(shop: Shop) -> dict[str, Callable[[], object]]:
    """Everything that can be asked of a shop."""
    mail = shop.importer()
    page = mail.page(1)
    told = shop.importer("told")
    told.commits_by("notify")
    noted = told.page(1)
    next_page = shop.importer("next")
    next_page.commits_by("next_page")
    second = next_page.page(1).cursor
    held = holds.Holding(factories.SHOP, CUSTOMERS, ["c1"], "deleted", replace=False)
    return {
        "put": lambda: shop.put("c9"),
        "put of another scope": lambda: shop.put_all(
            [factories.record(factories.product())], scope=3
        ),
        "delete": lambda: shop.delete("c1"),
        "page": lambda: mail.page(2),
        "page of another scope": lambda: shop.importer(list=rows.REMOVED).page(1),
        "cursor": lambda: mail.after(page.cursor),
        "cursor of one that is told": lambda: told.after(noted.cursor),
        "cursor that confirms": lambda: next_page.after(second),
        "commit": lambda: mail.commit_token(page.commit_token),
        "commit of a page": lambda: mail.commit_page(1),
        "handover": lambda: told.hand_over(noted),
        "rewind": lambda: shop.rewind(mail),
        "hold": lambda: shop.holds.add(held),
        "approval": lambda: shop.holds.approve(factories.SHOP, CUSTOMERS),
        "rejections": lambda: shop.rejections.list(factories.SHOP, CUSTOMERS, "", 10, ""),
        "offer": lambda: shop.rejections.offer(factories.SHOP, CUSTOMERS, "mail", []),
        "deliveries": shop.delivered,
        "notices": lambda: notices.Notices(shop.store).waiting(
            factories.SHOP, "", 10, "", only_dead=False
        ),
        "resend": lambda: notices.Notices(shop.store).resend(factories.SHOP, "n" + 32 * "0"),
        "ids": lambda: records.Records(shop.store).ids(factories.SHOP, CUSTOMERS, 10, ""),
    }


@pytest.mark.parametrize("engine", databases.EACH_ENGINE)
def test_a_shop_that_was_moved_refuses_every_call(make_pair: MakePair, engine: str) -> None:
    pair = make_pair(engine)
    pair.source.put("c1", "c2", "c3")
    calls = _calls(pair.source)
    pair.copy()
    before = moving.content(pair.source_url, leave=_NOT_OF_THE_SHOP)
    for name, call in calls.items():
        with pytest.raises(errors.ShopMoved):
            raise AssertionError(name, call())
    assert moving.content(pair.source_url, leave=_NOT_OF_THE_SHOP) == before


def test_another_shop_of_the_source_is_served_as_before(pair: Pair) -> None:
    pair.source.put("c1")
    pair.source.put("c1", name=_OTHER)
    pair.copy()
    assert pair.source.put("c2", name=_OTHER) == ["stored"]
    assert pair.source.store.read(lambda tx: tx.feeds.shops("", 10)) == [_OTHER]
    assert pair.states(_OTHER) == (rows.OPEN, None)


def test_what_changes_during_the_copy_goes_along(
    pair: Pair, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.furnish(pair.source, tmp_path)
    monkeypatch.setattr(shops, "BATCH", 3)
    steps = iter(
        [
            lambda: pair.source.put("c0001", "new", second=30),
            lambda: pair.source.delete("c0002", "c0009"),
            lambda: pair.source.put("c0004", "c0010", second=40),
            lambda: pair.source.put("bad", "c0005", second=50),
            lambda: pair.source.importer().walk(),
            lambda: pair.source.importer().commit_page(3),
        ]
    )

    pair.copy(meanwhile=moving.each_once(steps))
    assert moving.content(pair.target_url) == moving.content(pair.source_url)
    assert next(steps, None) is None


def test_an_erasure_that_is_lifted_during_the_copy_is_lifted_in_the_target(
    pair: Pair, tmp_path: pathlib.Path
) -> None:
    moving.furnish(pair.source, tmp_path)
    erasing = _erasing(pair.source, tmp_path)
    lifted = iter([lambda: erasing.lift(factories.SHOP, CUSTOMERS, ["c0006"])])

    pair.copy(meanwhile=moving.each_once(lifted))
    assert next(lifted, None) is None
    assert pair.open_target().put("c0006", second=59) == ["stored"]


def _erasing(shop: Shop, folder: pathlib.Path) -> erasures.Erasures:
    return erasures.Erasures(shop.store, journal.Journal(folder / "erasures.jsonl"))


def test_tombstones_that_were_dropped_during_the_copy_are_gone_in_the_target(pair: Pair) -> None:
    pair.source.put("c1", "c2", "c3")
    pair.source.delete("c1", "c2")

    def drop() -> None:
        def work(tx: Any) -> None:
            tx.feeds.lock(factories.SHOP, CUSTOMERS)
            tx.records.prune(factories.SHOP, CUSTOMERS, 0, 4)
            tx.feeds.set_pruned(factories.SHOP, CUSTOMERS, 4)

        pair.source.store.write(work)

    pair.copy(meanwhile=drop)
    assert moving.content(pair.target_url) == moving.content(pair.source_url)


def test_a_move_that_is_over_says_so_when_it_is_run_again(pair: Pair) -> None:
    pair.source.put("c1")
    pair.copy()
    assert pair.copy() == ["shop.example: the target serves it already"]


def test_all_shops_move_and_those_that_are_made_meanwhile(pair: Pair) -> None:
    pair.source.put("c1", "c2")
    pair.source.put("c1", name=_OTHER)
    late = iter([lambda: pair.source.put("c1", name="late.example")])
    said = pair.copy(meanwhile=moving.each_once(late), shops=())
    assert sorted(one.split(":")[0] for one in said) == [
        "late.example",
        _OTHER,
        factories.SHOP,
    ]
    assert pair.source.store.read(lambda tx: tx.feeds.shops("", 10)) == []
    assert moving.content(pair.target_url) == moving.content(pair.source_url)
    assert pair.copy(shops=()) == []


def test_a_shop_comes_back_with_its_cursors(make_pair: MakePair) -> None:
    there = make_pair()
    there.source.put("c1", "c2", "c3")
    cursor = there.source.importer().page(1).cursor
    there.copy()
    target = there.open_target()
    target.put("c2", second=1)
    target.delete("c1")
    there.close()
    back = Pair(there.target_url, there.source_url)
    back.copy()
    home = back.open_target()
    assert ids(home.importer().after(cursor)) == ["c3", "c2"]
    assert home.position() == 5
    back.close()


def test_a_new_epoch_ends_cursors_and_gives_no_position_twice(pair: Pair) -> None:
    moving.live_alone(pair)
    pair.source.put("c1", "c2", "c3")
    wide = pair.source.keys.create("importer", "wide", ["*"])
    pair.source.keys.create("importer", "mail", [factories.SHOP])
    mail = pair.source.importer()
    first = mail.page(1)
    mail.commit_token(first.commit_token)
    said = pair.copy(new_epoch=True)
    assert any(wide.row.key_id in sentence for sentence in said)
    target = pair.open_target()
    mail = target.importer()
    with pytest.raises(errors.CursorExpired):
        mail.after(first.cursor)
    with pytest.raises(errors.WalkExpired):
        mail.page(2)
    with pytest.raises(errors.TokenExpired):
        mail.commit_token(first.commit_token)
    assert mail.committed == 2
    assert mail.walk() == ["c1", "c2", "c3"]
    target.put("c4")
    assert target.position() == 3 + 2**32 + 1
    assert {key.importer for key in target.keys.all()} == {"", "mail"}


def test_a_source_that_jumped_moves_with_its_jumps(pair: Pair) -> None:
    pair.source.put("c1")
    pair.close()
    maintenance.restored(pair.source_url)
    pair.source = pair.shop_of(pair.source_url)
    pair.source.put("c2")
    pair.copy()
    assert pair.open_target().position() == 2**32 + 2


def test_a_source_that_begins_an_epoch_during_the_copy_is_copied_anew(
    make_pair: MakePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make_pair()
    pair.source.put("c1", "c2")
    begun: list[int] = []

    def begin() -> None:
        if not begun:
            begun.append(1)
            with pair.source.store._begin_write() as cursor:  # type: ignore[attr-defined]
                pair.source.store._epochs.begin(cursor)  # type: ignore[attr-defined]

    with pytest.raises(errors.Unusable, match="The source began a new epoch during the copy"):
        pair.copy(meanwhile=begin)
    assert pair.states() == (rows.OPEN, rows.FILLING)
    pair.copy()
    assert moving.content(pair.target_url) == moving.content(pair.source_url)


def test_keys_go_on_working_and_a_revoked_one_stays_revoked(pair: Pair) -> None:
    pair.source.put("c1")
    kept = pair.source.keys.create("importer", "mail", [factories.SHOP])
    revoked = pair.source.keys.create("writer", "", [factories.SHOP])
    pair.source.keys.create("importer", "stranger", [_OTHER])
    pair.source.keys.revoke(revoked.row.key_id)
    pair.copy()
    target = pair.open_target()
    assert target.keys.identify(kept.text).importer == "mail"
    with pytest.raises(errors.KeyInvalid):
        target.keys.identify(revoked.text)
    assert {row.importer for row, _ in target.keys.importers()} == {"mail"}


def test_the_place_of_a_shop_says_where_it_came_from(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.source.put("c1")
    pair.copy()
    named = sa.select(schema.shops.c.move, schema.shops.c.moved_epoch)
    ((move, epoch),) = moving.select(pair.target_url, named)
    assert moving.select(pair.source_url, sa.select(schema.shops.c.move)) == [(move,)]
    assert epoch == pair.source.epoch
