from __future__ import annotations

import pytest
from tests import factories
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import errors, keys, ledger
from pullfeed_server.store import rows

_OPERATOR = keys.Caller("k1", keys.OPERATOR, "", frozenset("*"))


def _writer(*shops: str) -> keys.Caller:
    return keys.Caller("k2", keys.WRITER, "", frozenset(shops))


@pytest.fixture
def kept(shop: Shop) -> ledger.Ledger:
    return ledger.Ledger(shop.store, shop.keys)


def test_shops_come_by_name_page_by_page(shop: Shop, kept: ledger.Ledger) -> None:
    for name in ("b.example", "c.example", "a.example"):
        shop.put("c1", name=name)
    first = kept.shops(_OPERATOR, 2, "")
    second = kept.shops(_OPERATOR, 2, first.next_token)
    assert [held.shop for held in first.shops] == ["a.example", "b.example"]
    assert [held.shop for held in second.shops] == ["c.example"]
    assert second.next_token == ""


def test_a_full_last_page_of_shops_has_no_next_one(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1", name="a.example")
    assert kept.shops(_OPERATOR, 1, "").next_token == ""


def test_a_key_sees_its_own_shops_that_exist(shop: Shop, kept: ledger.Ledger) -> None:
    for name in ("a.example", "b.example", "c.example"):
        shop.put("c1", name=name)
    caller = _writer("c.example", "a.example", "nobody.example")
    first = kept.shops(caller, 1, "")
    second = kept.shops(caller, 1, first.next_token)
    assert [held.shop for held in (*first.shops, *second.shops)] == ["a.example", "c.example"]
    assert second.next_token == ""


def test_a_shop_comes_with_the_counts_of_its_feeds(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c1", "c2", "c3")
    shop.put("c4", email="no")
    shop.delete("c1")
    assert kept.shops(_OPERATOR, 50, "").shops == [
        (factories.SHOP, rows.OPEN, [rows.ShopCounts(CUSTOMERS, 2, 1, 1, 4)])
    ]


def test_withheld_records_come_by_id_page_by_page(shop: Shop, kept: ledger.Ledger) -> None:
    shop.put("c3", "c1", "c2", email="no")
    first = kept.withheld(factories.SHOP, CUSTOMERS, "", 2, "")
    second = kept.withheld(factories.SHOP, CUSTOMERS, "", 2, first.next_token)
    assert [row.id for row in (*first.rows, *second.rows)] == ["c1", "c2", "c3"]
    assert second.next_token == ""


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("", ["c1", "c2"]),
        ("BAD_EMAIL", ["c1"]),
        ("MISSING", ["c2"]),
        ("TOO_LARGE", []),
        ("EMAIL", []),
        ("bad_email", []),
        ("BAD%", []),
        ("%", []),
        ("BAD-EMAIL", []),
        ("BAD_EMAI_", []),
    ],
)
def test_withheld_records_are_found_by_one_whole_reason(
    shop: Shop, kept: ledger.Ledger, reason: str, found: list[str]
) -> None:
    shop.put("c1", email="no")
    shop.put("c2", email="")
    page = kept.withheld(factories.SHOP, CUSTOMERS, reason, 50, "")
    assert [row.id for row in page.rows] == found


def test_a_record_with_several_reasons_is_found_by_each(shop: Shop, kept: ledger.Ledger) -> None:
    bad = factories.customer(email="no", mobile="555", gender="M")
    shop.put_all([factories.record(bad)])
    for reason in ("BAD_EMAIL", "BAD_PHONE", "NOT_ALLOWED"):
        page = kept.withheld(factories.SHOP, CUSTOMERS, reason, 50, "")
        assert [row.id for row in page.rows] == ["c1"]


def test_an_unknown_shop_has_no_withheld(kept: ledger.Ledger) -> None:
    with pytest.raises(errors.ShopNotFound):
        kept.withheld("nobody.example", CUSTOMERS, "", 50, "")


@pytest.mark.parametrize("token", ["x", "!!!", "====", "_w", "é"])
def test_a_page_token_that_is_none_is_refused(shop: Shop, kept: ledger.Ledger, token: str) -> None:
    shop.put("c1")
    with pytest.raises(errors.FieldInvalid) as refused:
        kept.shops(_OPERATOR, 50, token)
    assert refused.value.field == "page_token"
    with pytest.raises(errors.FieldInvalid):
        kept.withheld(factories.SHOP, CUSTOMERS, "", 50, token)
