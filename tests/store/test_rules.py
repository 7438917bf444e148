"""Rules that changed: what is stored is judged anew, and older cores leave it alone."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import databases, factories, versions
from tests.clock import DAY_US, Clock
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed.v1 import record_pb2
from pullfeed_server import (
    changes,
    encoding,
    erasures,
    errors,
    holds,
    journal,
    ledger,
    renewal,
    retention,
)
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

_ASKED = (factories.SHOP, CUSTOMERS)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> versions.Versions:
    return versions.Versions(monkeypatch)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "BATCH", 2)


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Customers c1 to c5, of whom c2 and c4 have e-mail addresses that rules 2 refuse."""
    shop.put("c1", "c3", "c5")
    shop.put("c2", "c4", email="refused@example.com")
    return shop


def _refuses(record: Any) -> bool:
    return bool(record.email.startswith("refused"))


def _adopt(shop: Shop) -> None:
    """As the command reapply does."""
    assert isinstance(shop.store, SqlStore)
    with shop.store._begin_write() as cursor:
        cursor.execute(f"UPDATE database SET rules = {encoding.RULES}")  # noqa: S608 - a number


def _reapply(shop: Shop) -> renewal.Renewal:
    renewing = renewal.Renewal(shop.store)
    for _ in renewing.reapply():
        pass
    return renewing


def _feed(shop: Shop) -> rows.FeedRow:
    found = shop.store.read(lambda tx: tx.feeds.get(*_ASKED))
    assert found is not None
    return found


def _withheld(shop: Shop) -> dict[str, tuple[tuple[str, str], ...]]:
    found = shop.store.read(lambda tx: tx.records.withheld(*_ASKED, "", "", 100))
    return {row.id: row.violations for row in found}


def _reasons(shop: Shop) -> dict[str, str]:
    """The reason of each tombstone."""
    found = shop.store.read(lambda tx: tx.records.stored(*_ASKED, rows.REMOVED, 0, 100))
    return {one.row.id: one.row.reason for one in found if isinstance(one.row, rows.TombstoneRow)}


def test_what_breaks_a_new_rule_is_withheld_and_leaves_a_tombstone(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, _refuses)
    _adopt(filled)
    renewing = _reapply(filled)
    assert filled.importer().walk() == ["c1", "c3", "c5"]
    assert filled.importer(list=rows.REMOVED).walk() == ["c2", "c4"]
    assert _reasons(filled) == {"c2": "withheld", "c4": "withheld"}
    broken = (("email", "BAD_EMAIL"),)
    assert _withheld(filled) == {"c2": broken, "c4": broken}
    assert filled.position() == 7
    assert _feed(filled).rules == 2
    assert renewing.reapplication.count == 2


def test_an_importer_is_told_of_what_went_behind_its_commit(
    filled: Shop, core: versions.Versions
) -> None:
    importer = filled.importer(list=rows.REMOVED, page_size=10)
    importer.starts_at_the_commit()
    importer.commit_token(importer.page(1).commit_token)
    core.judges(2, _refuses)
    _adopt(filled)
    _reapply(filled)
    assert ids(importer.page(1)) == ["c2", "c4"]


def test_what_normalises_to_other_bytes_takes_a_new_position_and_the_rest_none(
    filled: Shop, core: versions.Versions
) -> None:
    def shorten(record: Any) -> None:
        record.email = record.email.replace("refused@", "r@")

    core.judges(2, normalises=shorten)
    _adopt(filled)
    _reapply(filled)
    page = filled.importer(page_size=10).page(1)
    assert ids(page) == ["c1", "c3", "c5", "c2", "c4"]
    assert b"".join(page.bodies).count(b'"r@example.com"') == 2
    assert filled.position() == 7
    assert _withheld(filled) == {}


def test_a_record_that_is_put_again_as_it_was_is_unchanged(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, _refuses)
    _adopt(filled)
    _reapply(filled)
    assert filled.put("c1", "c3") == ["unchanged", "unchanged"]


def test_the_no_of_a_record_that_is_withdrawn_goes_out_and_beats_a_yes_of_its_date(
    shop: Shop, core: versions.Versions
) -> None:
    refused = factories.customer(email="refused@example.com", consent="No")
    shop.put_all([factories.record(refused)])
    core.judges(2, _refuses)
    _adopt(shop)
    _reapply(shop)
    assert _reasons(shop) == {"c1": "consent_withdrawn"}
    assert set(_withheld(shop)) == {"c1"}
    assert shop.put_all([factories.record(factories.customer())]) == ["stale"]
    assert shop.put("c1", second=1) == ["stored"]


def test_a_newer_version_that_is_withheld_stays_the_newest(
    shop: Shop, core: versions.Versions
) -> None:
    refused = factories.customer(email="refused@example.com", consent="No")
    faulty = factories.customer(gender="?", consent="No", last_modified_date="2024-12-02T00:00:00Z")
    shop.put_all([factories.record(refused), factories.record(faulty)])
    assert shop.importer().walk() == ["c1"]
    core.judges(2, _refuses)
    _adopt(shop)
    _reapply(shop)
    assert shop.importer().walk() == []
    assert _reasons(shop) == {"c1": "consent_withdrawn"}
    assert _withheld(shop) == {"c1": (("gender", "NOT_ALLOWED"),)}
    assert shop.put("c1", second=1) == ["stale"]


def test_a_loosened_rule_shows_with_the_next_put(shop: Shop, core: versions.Versions) -> None:
    core.judges(1, _refuses)
    shop.put("c1", email="refused@example.com")
    core.judges(2)
    _adopt(shop)
    _reapply(shop)
    assert set(_withheld(shop)) == {"c1"}
    assert shop.put("c1", email="refused@example.com") == ["stored"]


def test_nothing_is_judged_anew_before_the_operator_says_so(
    filled: Shop, core: versions.Versions, caplog: pytest.LogCaptureFixture
) -> None:
    core.judges(2, _refuses)
    assert _reapply(filled).reapplication.count == 0
    assert "run `pullfeed-server reapply`" in caplog.text
    filled.put("n1")
    core.judges(1)
    assert filled.importer().walk() == ["c1", "c3", "c5", "c2", "c4", "n1"]


def test_a_feed_made_before_that_is_open_to_older_cores(
    shop: Shop, core: versions.Versions
) -> None:
    core.judges(2, _refuses)
    shop.put("c1")
    core.judges(1)
    assert shop.put("c2") == ["stored"]


def test_an_older_core_judges_nothing_anew(filled: Shop, core: versions.Versions) -> None:
    core.judges(2, _refuses)
    _adopt(filled)
    core.judges(1)
    assert _reapply(filled).reapplication.count == 0
    assert _feed(filled).rules == 1


def test_a_core_that_was_killed_between_batches_leaves_the_rest_to_the_next(
    filled: Shop, core: versions.Versions
) -> None:
    filled.put("d1", "d2", email="refused@example.com")
    core.judges(2, _refuses)
    _adopt(filled)
    stopped = renewal.Renewal(filled.store).reapply()
    while "c2" not in _withheld(filled):
        next(stopped)
    stopped.close()
    assert "d2" not in _withheld(filled)
    assert _feed(filled).rules == 1
    _reapply(filled)
    assert set(_withheld(filled)) == {"c2", "c4", "d1", "d2"}
    assert (_feed(filled).rules, filled.position()) == (2, 11)


def test_what_an_older_core_takes_in_meanwhile_is_judged_too(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, _refuses)
    _adopt(filled)
    steps = renewal.Renewal(filled.store).reapply()
    for written in ("n1", "c1"):
        next(steps)
        core.judges(1)
        filled.put(written, second=1, email="refused@example.com")
        core.judges(2, _refuses)
    for _ in steps:
        pass
    assert set(_withheld(filled)) == {"c1", "c2", "c4", "n1"}
    core.judges(1)
    with pytest.raises(errors.RulesUnknown):
        filled.put("n2", email="refused@example.com")


def test_two_cores_judge_at_once_and_withdraw_each_record_once(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, _refuses)
    _adopt(filled)
    turns = [renewal.Renewal(filled.store).reapply() for _ in range(2)]
    for _ in itertools.zip_longest(*turns):
        pass
    assert filled.position() == 7
    assert filled.importer(list=rows.REMOVED).walk() == ["c2", "c4"]


def _fetch(shop: Shop) -> object:
    return shop.importer().page(1)


def _put(shop: Shop) -> object:
    return shop.put("c9")


def _delete(shop: Shop) -> object:
    return shop.delete("c1")


def _commit(shop: Shop) -> object:
    return shop.importer().commit_page(1)


def _export(shop: Shop) -> object:
    return list(shop.feeds.export(*_ASKED, 0))


def _change(shop: Shop) -> object:
    return changes.Changes(shop.store).fetch(changes.Query(*_ASKED, 0, 0, 10))


def _hold(shop: Shop) -> object:
    return shop.holds.add(holds.Holding(*_ASKED, ["c1"], "vanished", replace=False))


def _held(shop: Shop) -> object:
    return shop.holds.page(*_ASKED, 10, "")


def _rewind(shop: Shop) -> object:
    return shop.rewind(shop.importer())


def _ids(shop: Shop) -> object:
    return shop.records.ids(*_ASKED, 10, "")


def _list_withheld(shop: Shop) -> object:
    return ledger.Ledger(shop.store, shop.keys).withheld(*_ASKED, "", 10, "")


def _explain(shop: Shop) -> object:
    return ledger.Ledger(shop.store, shop.keys).explain(*_ASKED, "c1")


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
    _adopt(filled)
    _reapply(filled)
    core.judges(1)
    with pytest.raises(errors.RulesUnknown):
        call(filled)
    core.judges(2)
    call(filled)


def test_a_page_by_cursor_is_refused_too(filled: Shop, core: versions.Versions) -> None:
    cursor = filled.importer().page(1).cursor
    core.judges(2)
    _adopt(filled)
    _reapply(filled)
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
    _adopt(filled)
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
    _adopt(filled)
    _until_done(filled, "another.example")
    core.judges(1)
    core.writes(2)
    renewing = renewal.Renewal(filled.store)
    clock.forward(2 * DAY_US)
    for _ in [*renewing.reencode(), *retention.Retention(filled.store, days=1).prune()]:
        pass
    assert renewing.left() == renewal.Left(encoding=1, rules=0)
    assert _reasons(filled) == {}


def test_a_core_whose_journal_names_a_feed_of_newer_rules_does_not_start(
    filled: Shop, core: versions.Versions, tmp_path: pathlib.Path
) -> None:
    kept = journal.Journal(tmp_path / "erasures.jsonl")
    kept.append([journal.Entry(journal.ERASE, *_ASKED, "c1", 1)])
    core.judges(2)
    _adopt(filled)
    _reapply(filled)
    core.judges(1)
    with pytest.raises(errors.Unusable, match="newer version"):
        erasures.Erasures(filled.store, kept).replay()


def test_the_shops_are_told_of_all_the_same(filled: Shop, core: versions.Versions) -> None:
    core.judges(2)
    _adopt(filled)
    _reapply(filled)
    core.judges(1)
    assert filled.store.read(lambda tx: tx.feeds.counts(factories.SHOP))[0].position == 5


# (id, e-mail address that rules 2 refuse, consent, gender that all rules refuse, second).
_PUTS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.booleans(),
        st.sampled_from(["Yes", "Yes", "No"]),
        st.sampled_from([False, False, False, True]),
        st.integers(0, 3),
    ),
    max_size=14,
)


def _message(record_id: str, refused: bool, consent: str, faulty: bool, second: int) -> Any:
    return factories.record(
        factories.customer(
            customer_id=record_id,
            email="refused@example.com" if refused else "amber.hill@example.com",
            consent=consent,
            gender="?" if faulty else "Female",
            last_modified_date=f"2024-12-01T10:30:{second:02}Z",
        )
    )


def _places(shop: Shop) -> dict[str, int]:
    found = shop.store.read(lambda tx: tx.records.stored(*_ASKED, rows.RECORDS, 0, 100))
    return {one.row.id: one.row.position for one in found}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(first=_PUTS, deleted=st.sets(st.sampled_from("abcdef")), second=_PUTS)
def test_exactly_what_the_stricter_rule_refuses_is_withdrawn(
    shop: Shop, first: list[Any], deleted: set[str], second: list[Any]
) -> None:
    assert isinstance(shop.store, SqlStore)
    databases.emptied(shop.store)
    shop.put("z")
    for put in first:
        shop.put_all([_message(*put)])
    shop.delete(*deleted)
    for put in second:
        shop.put_all([_message(*put)])
    before, reasons, withheld = _places(shop), _reasons(shop), _withheld(shop)
    position = shop.position()
    refused = _refused(shop)
    with pytest.MonkeyPatch.context() as patch:
        versions.Versions(patch).judges(2, _refuses)
        _adopt(shop)
        _reapply(shop)
        after = _places(shop)
        assert after == {one: place for one, place in before.items() if one not in refused}
        assert _reasons(shop) == {**reasons, **refused}
        assert set(_withheld(shop)) == set(withheld) | set(refused)
        assert shop.position() == position + len(refused)


def _refused(shop: Shop) -> dict[str, str]:
    """What rules 2 will withdraw, and the reason it must be withdrawn with."""
    found = shop.store.read(lambda tx: tx.records.stored(*_ASKED, rows.RECORDS, 0, 100))
    customers = [record_pb2.Customer.FromString(one.row.proto) for one in found]
    return {
        one.customer_id: "consent_withdrawn" if one.consent == "No" else "withheld"
        for one in customers
        if _refuses(one)
    }
