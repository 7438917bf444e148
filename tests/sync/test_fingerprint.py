"""Passes by fingerprint: everything is read, only what differs is sent."""

from __future__ import annotations

import pathlib

import pytest
from tests.sources import shop as shops
from tests.sync.shopkeeper import Shopkeeper


@pytest.fixture
def untrusted(kept: Shopkeeper) -> Shopkeeper:
    """A shop whose update column nobody moves."""
    kept.mapping = kept.mapping.replace(
        'updated = "changed"', 'updated = "changed"\nsync = "fingerprint"'
    )
    kept.add(*[shops.customer(number) for number in range(1, 21)])
    assert kept.sync().outcome.stored == 20
    return kept


def test_only_what_differs_is_put(untrusted: Shopkeeper) -> None:
    untrusted.change(5, First="Changed")
    report = untrusted.sync()
    assert (report.read, report.outcome.stored, report.outcome.unchanged) == (20, 1, 0)
    assert untrusted.delivered() == untrusted.in_source()
    assert untrusted.sync().outcome.stored == 0


def test_a_row_that_is_not_in_order_is_put_once(untrusted: Shopkeeper) -> None:
    untrusted.change(5, sex=None)
    assert untrusted.sync().outcome.withheld == 1
    assert untrusted.sync().outcome.withheld == 0
    untrusted.change(5, sex="F")
    assert untrusted.sync().outcome.stored == 1


def test_a_full_pass_puts_all_of_them(untrusted: Shopkeeper) -> None:
    report = untrusted.sync(full=True)
    assert (report.outcome.stored, report.outcome.unchanged) == (0, 20)


def test_what_the_core_lost_is_put_again(untrusted: Shopkeeper) -> None:
    untrusted.world.operator.delete(
        untrusted.name, "7", removed_date=shops.moment(-100), force=True
    )
    untrusted.sync()
    assert untrusted.delivered() == untrusted.in_source()


def test_each_pass_removes_what_vanished(untrusted: Shopkeeper) -> None:
    untrusted.drop(3)
    report = untrusted.sync()
    assert (report.vanished, report.removed) == (1, 1)


def test_a_section_without_an_update_column_is_synced_by_fingerprint(kept: Shopkeeper) -> None:
    kept.mapping = kept.mapping.replace('updated = "changed"\nzone = "UTC"\n', "")
    kept.add(shops.customer(1), shops.customer(2))
    kept.sync()
    kept.drop(1)
    kept.change(2, First="Changed")
    report = kept.sync()
    assert (report.was_whole, report.removed, report.outcome.stored) == (True, 1, 1)


def test_files_are_synced_by_fingerprint(kept: Shopkeeper, tmp_path: pathlib.Path) -> None:
    kept.mapping = shops.OF_FILES
    rows = shops.everything(20)
    shops.write(tmp_path, rows)
    arguments = ("sync", "map.toml", "--shop", kept.name, "--json")
    first = kept.run(*arguments)
    assert first.exit_code == 1, first.output
    rows[shops.customers][0]["First"] = "Changed"
    shops.write(tmp_path, rows)
    kept.run(*arguments, "--scope", "customer")
    assert kept.delivered()["1"] == "Changed"
