"""Rules that changed: what is stored is judged anew."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import databases, factories, versions
from tests.store.renewal import renewals
from tests.store.shop import Shop, ids

from pullfeed.v1 import record_pb2
from pullfeed_server import errors, renewal
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Customers c1 to c5, of whom c2 and c4 have e-mail addresses that rules 2 refuse."""
    return renewals.fill(shop)


def _withheld(shop: Shop) -> dict[str, tuple[tuple[str, str], ...]]:
    found = shop.store.read(lambda tx: tx.records.withheld(*renewals.ASKED, "", "", 100))
    return {row.id: row.violations for row in found}


def test_what_breaks_a_new_rule_is_withheld_and_leaves_a_tombstone(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    renewing = renewals.reapply(filled)
    assert filled.importer().walk() == ["c1", "c3", "c5"]
    assert filled.importer(list=rows.REMOVED).walk() == ["c2", "c4"]
    assert renewals.reasons(filled) == {"c2": "withheld", "c4": "withheld"}
    broken = (("email", "BAD_EMAIL"),)
    assert _withheld(filled) == {"c2": broken, "c4": broken}
    assert filled.position() == 7
    assert renewals.feed(filled).rules == 2
    assert renewing.reapplication.count == 2


def test_an_importer_is_told_of_what_went_behind_its_commit(
    filled: Shop, core: versions.Versions
) -> None:
    importer = filled.importer(list=rows.REMOVED, page_size=10)
    importer.starts_at_the_commit()
    importer.commit_token(importer.page(1).commit_token)
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    renewals.reapply(filled)
    assert ids(importer.page(1)) == ["c2", "c4"]


def test_what_normalises_to_other_bytes_takes_a_new_position_and_the_rest_none(
    filled: Shop, core: versions.Versions
) -> None:
    def shorten(record: Any) -> None:
        record.email = record.email.replace("refused@", "r@")

    core.judges(2, normalises=shorten)
    renewals.adopt(filled)
    renewals.reapply(filled)
    page = filled.importer(page_size=10).page(1)
    assert ids(page) == ["c1", "c3", "c5", "c2", "c4"]
    assert b"".join(page.bodies).count(b'"r@example.com"') == 2
    assert filled.position() == 7
    assert _withheld(filled) == {}


def test_a_record_that_is_put_again_as_it_was_is_unchanged(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    renewals.reapply(filled)
    assert filled.put("c1", "c3") == ["unchanged", "unchanged"]


def test_the_no_of_a_record_that_is_withdrawn_goes_out_and_beats_a_yes_of_its_date(
    shop: Shop, core: versions.Versions
) -> None:
    refused = factories.customer(email="refused@example.com", consent="No")
    shop.put_all([factories.record(refused)])
    core.judges(2, renewals.refuses)
    renewals.adopt(shop)
    renewals.reapply(shop)
    assert renewals.reasons(shop) == {"c1": "consent_withdrawn"}
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
    core.judges(2, renewals.refuses)
    renewals.adopt(shop)
    renewals.reapply(shop)
    assert shop.importer().walk() == []
    assert renewals.reasons(shop) == {"c1": "consent_withdrawn"}
    assert _withheld(shop) == {"c1": (("gender", "NOT_ALLOWED"),)}
    assert shop.put("c1", second=1) == ["stale"]


def test_a_loosened_rule_shows_with_the_next_put(shop: Shop, core: versions.Versions) -> None:
    core.judges(1, renewals.refuses)
    shop.put("c1", email="refused@example.com")
    core.judges(2)
    renewals.adopt(shop)
    renewals.reapply(shop)
    assert set(_withheld(shop)) == {"c1"}
    assert shop.put("c1", email="refused@example.com") == ["stored"]


def test_nothing_is_judged_anew_before_the_operator_says_so(
    filled: Shop, core: versions.Versions, caplog: pytest.LogCaptureFixture
) -> None:
    core.judges(2, renewals.refuses)
    assert renewals.reapply(filled).reapplication.count == 0
    assert "run `pullfeed-server reapply`" in caplog.text
    filled.put("n1")
    core.judges(1)
    assert filled.importer().walk() == ["c1", "c3", "c5", "c2", "c4", "n1"]


def test_a_feed_made_before_that_is_open_to_older_cores(
    shop: Shop, core: versions.Versions
) -> None:
    core.judges(2, renewals.refuses)
    shop.put("c1")
    core.judges(1)
    assert shop.put("c2") == ["stored"]


def test_an_older_core_judges_nothing_anew(filled: Shop, core: versions.Versions) -> None:
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    core.judges(1)
    assert renewals.reapply(filled).reapplication.count == 0
    assert renewals.feed(filled).rules == 1


def test_a_core_that_was_killed_between_batches_leaves_the_rest_to_the_next(
    filled: Shop, core: versions.Versions
) -> None:
    filled.put("d1", "d2", email="refused@example.com")
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    stopped = renewal.Renewal(filled.store).reapply()
    while "c2" not in _withheld(filled):
        next(stopped)
    stopped.close()
    assert "d2" not in _withheld(filled)
    assert renewals.feed(filled).rules == 1
    renewals.reapply(filled)
    assert set(_withheld(filled)) == {"c2", "c4", "d1", "d2"}
    assert (renewals.feed(filled).rules, filled.position()) == (2, 11)


def test_what_an_older_core_takes_in_meanwhile_is_judged_too(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    steps = renewal.Renewal(filled.store).reapply()
    for written in ("n1", "c1"):
        next(steps)
        core.judges(1)
        filled.put(written, second=1, email="refused@example.com")
        core.judges(2, renewals.refuses)
    for _ in steps:
        pass
    assert set(_withheld(filled)) == {"c1", "c2", "c4", "n1"}
    core.judges(1)
    with pytest.raises(errors.RulesUnknown):
        filled.put("n2", email="refused@example.com")


def test_two_cores_judge_at_once_and_withdraw_each_record_once(
    filled: Shop, core: versions.Versions
) -> None:
    core.judges(2, renewals.refuses)
    renewals.adopt(filled)
    turns = [renewal.Renewal(filled.store).reapply() for _ in range(2)]
    for _ in itertools.zip_longest(*turns):
        pass
    assert filled.position() == 7
    assert filled.importer(list=rows.REMOVED).walk() == ["c2", "c4"]


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
    return {one.row.id: one.row.position for one in renewals.stored(shop)}


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
    before, reasons, withheld = _places(shop), renewals.reasons(shop), _withheld(shop)
    position = shop.position()
    refused = _refused(shop)
    with pytest.MonkeyPatch.context() as patch:
        versions.Versions(patch).judges(2, renewals.refuses)
        renewals.adopt(shop)
        renewals.reapply(shop)
        after = _places(shop)
        assert after == {one: place for one, place in before.items() if one not in refused}
        assert renewals.reasons(shop) == {**reasons, **refused}
        assert set(_withheld(shop)) == set(withheld) | set(refused)
        assert shop.position() == position + len(refused)


def _refused(shop: Shop) -> dict[str, str]:
    """What rules 2 will withdraw, and the reason it must be withdrawn with."""
    stored = renewals.stored(shop)
    customers = [record_pb2.Customer.FromString(one.row.proto) for one in stored]
    return {
        one.customer_id: "consent_withdrawn" if one.consent == "No" else "withheld"
        for one in customers
        if renewals.refuses(one)
    }
