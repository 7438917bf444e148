"""No statement crosses shops but those that are listed; and the judge of that, judged."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests import confinement, wiretap

from pullfeed_server.store import schema
from pullfeed_server.store.sql import SqlStore
from pullfeed_server.store.sql.statement import Statement

_S, _F, _R, _D = (
    schema.shops.c,
    schema.feeds.c,
    schema.records.c,
    schema.database.c,
)
_SHOP: sa.BindParameter[str] = sa.bindparam("shop")
# The tables that belong to no shop, and why: each is whole on every node.
_SHARED = {
    "database": "one row: the epoch of all feeds",
    "keys": "few rows, and a key is looked up before it is known whose it is",
    "importers": "few rows: an importer is one for all the shops that it reads",
}
_RECORDS = sa.alias(schema.records)
_ONE_SHOP = sa.select(_S.shop).where(_S.shop == _SHOP)

_BAD: dict[str, tuple[Any, str]] = {
    "no condition": (sa.select(_F.position), "feeds: not held"),
    "another column": (sa.select(_F.position).where(_F.scope == _SHOP), "feeds: not held"),
    "a shop that is written out": (sa.select(_F.scope).where(_F.shop == "a"), "feeds: not held"),
    "several shops": (sa.select(_F.scope).where(_F.shop.in_([_SHOP])), "feeds: not held"),
    "an order of shops": (sa.select(_S.shop).where(_S.shop > _SHOP), "shops: not held"),
    "one of two": (
        sa.select(_F.scope).where(sa.or_(_F.shop == _SHOP, _F.scope == 1)),
        "feeds: not held",
    ),
    "not this shop": (sa.delete(schema.feeds).where(~(_F.shop == _SHOP)), "feeds: not held"),
    "a table beside": (
        sa.select(_F.scope, _R.id).where(_F.shop == _SHOP, _F.scope == _R.scope),
        "records: not held",
    ),
    "a left join that holds only its right": (
        sa.select(_F.scope)
        .select_from(sa.outerjoin(schema.feeds, schema.shops, _F.shop == _S.shop))
        .where(_S.created_us == 0),
        "feeds: not held",
    ),
    "a condition of a left join on its left": (
        sa.select(_F.scope).select_from(
            sa.outerjoin(schema.feeds, schema.shops, sa.and_(_F.shop == _SHOP, _S.shop == _SHOP))
        ),
        "feeds: not held",
    ),
    "a full join": (
        sa.select(_F.scope).select_from(
            sa.outerjoin(schema.feeds, schema.shops, _F.shop == _SHOP, full=True)
        ),
        "feeds: not held",
    ),
    "a subquery": (
        sa.select(sa.func.count()).select_from(sa.select(_R.id).subquery()),
        "records: not held",
    ),
    "half of a union": (sa.union_all(_ONE_SHOP, sa.select(_R.id)), "records: not held"),
    "a look at other shops": (
        sa.select(_F.scope).where(_F.shop == _SHOP, sa.exists().where(_R.scope == _F.scope)),
        "records: not held",
    ),
    "a value of other shops": (
        sa.select(sa.select(sa.func.max(_R.position)).scalar_subquery()),
        "records: not held",
    ),
    "an alias": (sa.select(_RECORDS.c.id), "not held"),
    "a change of all": (sa.update(schema.feeds).values(held=0), "feeds: not held"),
    "a change of the shop": (
        sa.update(schema.feeds).where(_F.shop == _SHOP).values(shop=sa.bindparam("other")),
        "the shop of a row is changed",
    ),
    "a change by other shops": (
        sa.update(schema.feeds).where(_F.shop == _SHOP, _F.scope == _R.scope).values(held=0),
        "records: not held",
    ),
    "a deletion of all": (sa.delete(schema.records), "records: not held"),
    "a row of no shop": (sa.insert(schema.shops).values(created_us=0), "is not bound"),
    "rows of which one is a constant's": (
        sa.insert(schema.shops).values([{"shop": _SHOP}, {"shop": "a"}]),
        "is not bound",
    ),
    "rows of all shops": (
        sa.insert(schema.shops).from_select(["shop"], sa.select(_F.shop)),
        "is not bound",
    ),
    "a conflict that sets the shop": (
        postgresql.insert(schema.shops).on_conflict_do_update(
            index_elements=["shop"], set_={"shop": _SHOP}
        ),
        "the shop of a row is changed",
    ),
    "a conflict between shops": (
        postgresql.insert(schema.feeds).on_conflict_do_update(
            index_elements=["scope"], set_={"held": 0}
        ),
        "the conflict is one of several shops",
    ),
    "text that nobody can judge": (sa.text("DELETE FROM records"), "is not known to the judge"),
}
_GOOD: dict[str, Any] = {
    "a condition": sa.select(_F.scope).where(_F.scope == 1, _F.shop == _SHOP),
    "a table that is joined": sa.select(_R.id)
    .join(schema.feeds, _F.shop == _R.shop)
    .where(_F.shop == _SHOP),
    "a left join": sa.select(_F.scope)
    .select_from(sa.outerjoin(schema.feeds, schema.shops, _F.shop == _S.shop))
    .where(_F.shop == _SHOP),
    "the row of the database beside": sa.select(_F.scope, _D.epoch).where(_F.shop == _SHOP),
    "a look at the same shop": sa.delete(schema.feeds).where(
        _F.shop == _SHOP, ~sa.exists().where(_R.shop == _F.shop)
    ),
    "a subquery": sa.select(sa.func.count()).select_from(_ONE_SHOP.subquery()),
    "an alias": sa.select(_RECORDS.c.id).where(_RECORDS.c.shop == _SHOP),
    "a row": sa.insert(schema.shops),
    "rows": sa.insert(schema.shops).values([{"shop": _SHOP}, {"shop": _SHOP}]),
    "rows that are given": sa.insert(schema.shops).from_select(["shop"], sa.select(_SHOP)),
}


@pytest.mark.parametrize("url", wiretap.ENGINES)
def test_every_statement_stays_with_one_shop_or_is_listed(url: str) -> None:
    found = {known.name: known.confinement for known in wiretap.statements(url)}
    crossing = {name for name, judged in found.items() if judged.faults}
    assert crossing == set(wiretap.CROSSING)
    for name, judged in found.items():
        assert name in crossing or len(judged.binds) == judged.is_of_a_shop, name


def test_every_statement_that_a_store_makes_is_found(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: set[str] = set()
    make = Statement.__init__

    def note(statement: Statement, engine: sa.Engine, built: Any) -> None:
        make(statement, engine, built)
        made.add(statement._text)

    monkeypatch.setattr(Statement, "__init__", note)
    SqlStore(f"sqlite:///{tmp_path}/pullfeed.db").close()
    known = {known.statement._text for known in wiretap.statements("sqlite://")}
    assert len(made) > 100
    assert made <= known


def test_the_tables_of_no_shop_are_few_and_known() -> None:
    shared = set(schema.metadata.tables.values()) - confinement.OWNED
    assert {table.name for table in shared} == set(_SHARED)


@pytest.mark.parametrize("table", sorted(confinement.OWNED, key=str), ids=str)
def test_every_key_begins_with_the_shop(table: sa.Table) -> None:
    keys = [table.primary_key.columns, *(one.columns for one in table.indexes if one.unique)]
    assert {next(iter(columns)).name for columns in keys} == {"shop"}


@pytest.mark.parametrize("name", _BAD)
def test_a_statement_that_crosses_shops_is_found(name: str) -> None:
    built, fault = _BAD[name]
    assert any(fault in found for found in confinement.judged(built).faults)


@pytest.mark.parametrize("name", _GOOD)
def test_a_statement_that_stays_with_its_shop_is_let_be(name: str) -> None:
    assert confinement.judged(_GOOD[name]) == confinement.Confinement(binds={"shop"})


@pytest.fixture
def own_tap(monkeypatch: pytest.MonkeyPatch) -> wiretap.Wiretap:
    """One that takes all that it hears for the core's."""
    monkeypatch.setattr(wiretap, "_sender", lambda: "store/sql/statement.py")
    return wiretap.Wiretap()


def _text_of(name: str) -> str:
    texts = {known.name: known.statement._text for known in wiretap.statements(wiretap.ENGINES[1])}
    return texts[name]


@pytest.mark.parametrize(
    ("shops", "fault"),
    [
        (["a.example"], []),
        (["a.example", "a.example"], []),
        (["a.example", "b.example"], ["feeds.add_shop is run for 2 shops at once"]),
        ([["a.example", "b.example"]], ["feeds.add_shop is run for what is no shop's name"]),
        ([None], ["feeds.add_shop is run for what is no shop's name"]),
    ],
)
def test_the_shops_that_are_bound_are_counted(
    own_tap: wiretap.Wiretap, shops: list[object], fault: list[str]
) -> None:
    own_tap.hear(_text_of("feeds.add_shop"), [{"shop": shop, "created_us": 1} for shop in shops])
    assert own_tap.faults == fault
    assert own_tap.seen == {"feeds.add_shop"}


def test_sql_beside_the_statements_touches_no_shops_table(own_tap: wiretap.Wiretap) -> None:
    for text in ("BEGIN", "COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"):
        own_tap.hear(text, [None])
    assert own_tap.faults == []
    own_tap.hear("SELECT count(*) FROM records", [None])
    assert "SQL of its own on records" in own_tap.faults[0]


def test_what_crosses_shops_on_purpose_has_a_reason(own_tap: wiretap.Wiretap) -> None:
    assert all(wiretap.CROSSING.values())
    own_tap.hear(_text_of("feeds.shops"), [{"after": "", "limit": 1}])
    assert own_tap.faults == []
