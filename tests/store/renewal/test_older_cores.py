"""A core that does not know the rules of a feed leaves it alone."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from tests import factories, versions
from tests.clock import DAY_US, Clock
from tests.store.renewal import renewals
from tests.store.shop import Shop, ids

from pullfeed_server import changes, erasures, errors, holds, journal, ledger, renewal, retention


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Customers c1 to c5, of whom c2 and c4 have e-mail addresses that rules 2 refuse."""
    return renewals.fill(shop)


def _fetch(shop: Shop) -> object:
    return shop.importer().page(1)


def _put(shop: Shop) -> object:
    return shop.put("c9")


def _delete(shop: Shop) -> object:
    return shop.delete("c1")


def _commit(shop: Shop) -> object:
    return shop.importer().commit_page(1)


def _export(shop: Shop) -> object:
    return list(shop.feeds.export(*renewals.ASKED, 0))


def _change(shop: Shop) -> object:
    return changes.Changes(shop.store).fetch(changes.Query(*renewals.ASKED, 0, 0, 10))


def _hold(shop: Shop) -> object:
    return shop.holds.add(holds.Holding(*renewals.ASKED, ["c1"], "vanished", replace=False))


def _held(shop: Shop) -> object:
    return shop.holds.page(*renewals.ASKED, 10, "")


def _rewind(shop: Shop) -> object:
    return shop.rewind(shop.importer())


def _ids(shop: Shop) -> object:
    return shop.records.ids(*renewals.ASKED, 10, "")


def _list_withheld(shop: Shop) -> object:
    return ledger.Ledger(shop.store, shop.keys).withheld(*renewals.ASKED, "", 10, "")


def _explain(shop: Shop) -> object:
    return ledger.Ledger(shop.store, shop.keys).explain(*renewals.ASKED, "c1")


@pytest.mark.parametrize(
    "call",
    [
        _fetch,
        _put,
        _delete,
        _commit,
        _export,
        _change,
        _hold,
        _held,
        _rewind,
        _ids,
        _list_withheld,
        _explain,
    ],
)
def test_a_core_refuses_every_call_on_a_feed_whose_rules_it_does_not_know(
    filled: Shop, core: versions.Versions, call: Callable[[Shop], object]
) -> None:
    filled.importer().page(1)
    core.judges(2)
    renewals.adopt(filled)
    renewals.reapply(filled)
    core.judges(1)
    with pytest.raises(errors.RulesUnknown):
        call(filled)
    core.judges(2)
    call(filled)


def test_a_page_by_cursor_is_refused_too(filled: Shop, core: versions.Versions) -> None:
    cursor = filled.importer().page(1).cursor
    core.judges(2)
    renewals.adopt(filled)
    renewals.reapply(filled)
    core.judges(1)
    with pytest.raises(errors.RulesUnknown):
        filled.importer().after(cursor)
    core.judges(2)
    assert ids(filled.importer().after(cursor)) == ["c5", "c2"]


def _until_done(shop: Shop, name: str) -> None:
    """Judges anew until the customers of one shop are done."""
    steps = renewal.Renewal(shop.store).reapply()
    while shop.store.read(lambda tx: tx.feeds.outdated(0, 2, ("", 0), 1))[0][0] == name:
        next(steps)
    steps.close()


def test_a_feed_that_is_not_done_yet_is_served_by_older_cores(
    filled: Shop, core: versions.Versions
) -> None:
    filled.put("c1", name="another.example")
    core.judges(2)
    renewals.adopt(filled)
    _until_done(filled, "another.example")
    core.judges(1)
    assert len(filled.importer().walk()) == 5
    with pytest.raises(errors.RulesUnknown):
        filled.put("c1", name="another.example")


def test_upkeep_of_an_older_core_leaves_a_newer_feed_alone_and_goes_on(
    filled: Shop, core: versions.Versions, clock: Clock
) -> None:
    filled.put("c1", "c2", name="another.example")
    filled.delete("c1")
    core.judges(2)
    renewals.adopt(filled)
    _until_done(filled, "another.example")
    core.judges(1)
    core.writes(2)
    renewing = renewal.Renewal(filled.store)
    clock.forward(2 * DAY_US)
    for _ in [*renewing.reencode(), *retention.Retention(filled.store, days=1).prune()]:
        pass
    assert renewing.left() == renewal.Left(encoding=1, rules=0)
    assert renewals.reasons(filled) == {}


def test_a_core_whose_journal_names_a_feed_of_newer_rules_does_not_start(
    filled: Shop, core: versions.Versions, tmp_path: pathlib.Path
) -> None:
    kept = journal.Journal(tmp_path / "erasures.jsonl")
    kept.append([journal.Entry(journal.ERASE, *renewals.ASKED, "c1", 1)])
    core.judges(2)
    renewals.adopt(filled)
    renewals.reapply(filled)
    core.judges(1)
    with pytest.raises(errors.Unusable, match="newer version"):
        erasures.Erasures(filled.store, kept).replay()


def test_the_shops_are_told_of_all_the_same(filled: Shop, core: versions.Versions) -> None:
    core.judges(2)
    renewals.adopt(filled)
    renewals.reapply(filled)
    core.judges(1)
    assert filled.store.read(lambda tx: tx.feeds.counts(factories.SHOP))[0].position == 5
