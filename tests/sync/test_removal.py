"""Rows that vanish from the source: removed, held where they are many, never by mistake."""

from __future__ import annotations

import pytest
from tests.sources import shop as shops
from tests.sync.shopkeeper import Killed, Shopkeeper

BY_FINGERPRINT = ('updated = "changed"', 'updated = "changed"\nsync = "fingerprint"')


@pytest.fixture(params=["full", "fingerprint"])
def whole(request: pytest.FixtureRequest, kept: Shopkeeper) -> Shopkeeper:
    """A shopkeeper whose passes read everything, in either way."""
    if request.param == "fingerprint":
        kept.mapping = kept.mapping.replace(*BY_FINGERPRINT)
    kept.add(*[shops.customer(number, number) for number in range(1, 101)])
    kept.sync(full=True)
    return kept


def test_an_incremental_pass_removes_nothing(kept: Shopkeeper) -> None:
    kept.add(shops.customer(1), shops.customer(2))
    kept.sync()
    kept.drop(1)
    kept.sync()
    assert set(kept.delivered()) == {"1", "2"}


def test_a_full_pass_removes_what_vanished(whole: Shopkeeper) -> None:
    whole.drop(7, 8)
    report = whole.sync(full=True)
    assert (report.vanished, report.removed, report.held) == (2, 2, 0)
    assert whole.delivered() == whole.in_source()


def test_what_vanished_may_come_back_as_it_was(whole: Shopkeeper) -> None:
    whole.drop(7)
    whole.sync(full=True)
    whole.add(shops.customer(7, 7))
    whole.sync(full=True)
    assert whole.delivered() == whole.in_source()


def test_ten_may_vanish_and_of_many_five_in_a_hundred(whole: Shopkeeper) -> None:
    whole.drop(*range(1, 11))
    assert whole.sync(full=True).removed == 10
    whole.drop(*range(11, 22))
    report = whole.sync(full=True)
    assert (report.removed, report.held) == (0, 11)
    assert len(whole.delivered()) == 90


def test_a_put_in_between_takes_an_id_out_of_the_hold(whole: Shopkeeper) -> None:
    whole.drop(*range(1, 51))
    assert whole.sync(full=True).held == 50
    # As a save hook would, and as the next pass does.
    whole.add(shops.customer(3, 300))
    whole.sync()
    assert len(whole.held()) == 49
    approved = whole.run("approve", "--shop", whole.name, "--scope", "customer", "--yes")
    assert approved.exit_code == 0, approved.output
    assert approved.output.endswith("Removed 49 records.\n")
    assert whole.delivered() == whole.in_source()


def test_an_export_that_was_broken_and_is_mended_leaves_no_hold(whole: Shopkeeper) -> None:
    whole.drop(*range(1, 51))
    whole.sync(full=True)
    whole.add(*[shops.customer(number, number) for number in range(1, 51)])
    assert whole.sync(full=True).vanished == 0
    assert whole.held() == []
    assert len(whole.delivered()) == 100


def test_a_hold_is_shown_before_it_is_approved(whole: Shopkeeper) -> None:
    arguments = ("approve", "--shop", whole.name, "--scope", "customer")
    assert whole.run(*arguments).output == "Nothing is held.\n"
    whole.drop(*range(1, 51))
    whole.sync(full=True)
    refused = whole.run(*arguments, input="n\n")
    assert refused.exit_code == 1
    assert refused.output.startswith("50 customers are to be removed, until 20")
    assert "1, 10, 11, 12" in refused.output
    assert len(whole.held()) == 50
    assert whole.run(*arguments, "--discard").output == (
        "Dropped the hold of 50 records; they stay.\n"
    )
    assert (whole.held(), len(whole.delivered())) == ([], 100)


def test_an_empty_source_removes_nothing(whole: Shopkeeper) -> None:
    whole.drop(*range(1, 101))
    report = whole.sync(full=True)
    assert (report.read, report.vanished, report.removed, report.held) == (0, 100, 0, 0)
    assert len(whole.delivered()) == 100


def test_a_row_without_a_usable_id_holds_what_seems_to_have_vanished(whole: Shopkeeper) -> None:
    whole.mapping = whole.mapping.replace(
        'customer_id = "id"', 'customer_id = { column = "id", empty = ["5"] }'
    )
    report = whole.sync(full=True)
    assert (report.nameless, report.vanished, report.held) == (1, 1, 1)
    assert whole.held() == ["5"]


def test_a_withheld_record_that_vanished_is_withheld_no_longer(whole: Shopkeeper) -> None:
    whole.change(4, First=None, changed=shops.moment(500))
    whole.sync(full=True)
    assert [one.id for one in whole.world.operator.withheld(whole.name).withheld] == ["4"]
    whole.drop(4)
    assert whole.sync(full=True).removed == 1
    assert not whole.world.operator.withheld(whole.name).withheld


def test_what_others_put_during_a_pass_does_not_vanish(whole: Shopkeeper) -> None:
    """A save hook that writes into the core between the list of ids and the snapshot's end."""

    class Hooked:
        def __init__(self, records: object) -> None:
            self._records = records

        def __getattr__(self, name: str) -> object:
            if name == "DeleteRecords":
                whole.add(shops.customer(500, 500))
                whole.put(500, 500)
            return getattr(self._records, name)

    whole.drop(9)
    report = whole.sync(full=True, wrapped=Hooked)
    assert (report.vanished, report.removed) == (1, 1)
    assert whole.delivered() == whole.in_source()


def test_a_pass_that_fails_midway_removes_nothing(whole: Shopkeeper) -> None:
    class Failing:
        def __init__(self, records: object) -> None:
            self._records = records

        def __getattr__(self, name: str) -> object:
            if name == "PutRecords":
                raise Killed
            return getattr(self._records, name)

    whole.drop(9)
    whole.add(shops.customer(101, 200))
    with pytest.raises(Killed):
        whole.sync(full=True, wrapped=Failing)
    assert len(whole.delivered()) == 100
    whole.sync(full=True)
    assert whole.delivered() == whole.in_source()
