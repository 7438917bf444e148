"""Judges a statement by its SQLAlchemy construct: does it stay with one shop.

Each table with a shop must be held to one that is bound, by `shop = :name` or by
equality with the shop of a table that is, among the conditions that all must hold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import dml, elements, operators, selectable

from pullfeed_server.store import schema

SHOP = "shop"
# The tables whose rows belong to shops.
OWNED = frozenset(table for table in schema.metadata.tables.values() if SHOP in table.c)


@dataclasses.dataclass
class Confinement:
    """What a statement has of shops. binds: the values that name it; faults: what escapes."""

    binds: set[str] = dataclasses.field(default_factory=set)
    faults: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_of_a_shop(self) -> bool:
        """Does it touch a table whose rows belong to shops."""
        return bool(self.binds or self.faults)


class _Outer(NamedTuple):
    """What the statement around has: its tables, and the columns that are one shop's."""

    tables: frozenset[Any] = frozenset()
    known: frozenset[Any] = frozenset()


class _Fact(NamedTuple):
    """That both are equal, for rows of these tables; of all where there are none."""

    left: Any
    right: Any
    tables: frozenset[Any] | None = None


def judged(built: Any) -> Confinement:
    """How a statement stays with one shop."""
    found = Confinement()
    _look(found, built, _Outer())
    return found


def _look(found: Confinement, built: Any, outer: _Outer) -> None:
    if isinstance(built, selectable.SelectStatementGrouping):
        _look(found, built.element, outer)
    elif isinstance(built, sa.CompoundSelect):
        for each in built.selects:
            _look(found, each, outer)
    elif isinstance(built, sa.Select):
        _look_at_select(found, built, outer)
    elif isinstance(built, dml.Insert):
        _look_at_insert(found, built)
    elif isinstance(built, dml.Update | dml.Delete):
        _look_at_change(found, built)
    else:
        found.faults.append(f"a {type(built).__name__} is not known to the judge")


def _look_at_select(found: Confinement, select: sa.Select[Any], outer: _Outer) -> None:
    froms = select.get_final_froms()
    leaves = [leaf for each in froms for leaf in _leaves(each)]
    # As SQLAlchemy leaves out of FROM what the statement around has.
    own = [leaf for leaf in leaves if leaf not in outer.tables] or leaves
    facts = [*_facts(select.whereclause), *(fact for each in froms for fact in _joined(each))]
    parts = [
        *select._raw_columns,
        select.whereclause,
        *select._order_by_clauses,
        *select._group_by_clauses,
        *select._having_criteria,
        *(on for each in froms for on in _conditions(each)),
    ]
    _judge(found, own, facts, parts, outer)


def _look_at_insert(found: Confinement, insert: dml.Insert) -> None:
    if insert.table in OWNED:
        for given in _given(insert):
            _require_bound(found, insert.table, given)
        _look_at_conflict(found, insert)
    if insert.select is not None:
        _look(found, insert.select, _Outer())


def _look_at_conflict(found: Confinement, insert: dml.Insert) -> None:
    clause: Any = insert._post_values_clause
    target = getattr(clause, "inferred_target_elements", None) or ()
    if target and SHOP not in {getattr(one, "name", one) for one in target}:
        found.faults.append(f"{insert.table.name}: the conflict is one of several shops")
    changed = _by_name(dict(getattr(clause, "update_values_to_set", ())))
    _judge(found, [], [], changed.values(), _Outer())
    if SHOP in changed:
        found.faults.append(f"{insert.table.name}: the shop of a row is changed")


def _look_at_change(found: Confinement, change: dml.Update | dml.Delete) -> None:
    table: Any = change.table
    values: dict[Any, Any] = getattr(change, "_values", None) or {}
    parts = [change.whereclause, *values.values()]
    others = {table for part in parts for table in _tables(part)} - {table}
    _judge(found, [table, *others], list(_facts(change.whereclause)), parts, _Outer())
    if SHOP in _by_name(values):
        found.faults.append(f"{table.name}: the shop of a row is changed")


def _judge(
    found: Confinement,
    leaves: Iterable[Any],
    facts: list[_Fact],
    parts: Iterable[Any],
    outer: _Outer,
) -> None:
    """The tables of one statement, then the statements within it."""
    leaves = list(leaves)
    known = _known(found, facts, outer.known)
    for leaf in leaves:
        if isinstance(leaf, selectable.Subquery | sa.CTE):
            _look(found, leaf.element, _Outer())
        elif _owned(leaf) and leaf.c[SHOP] not in known:
            found.faults.append(f"{leaf.name}: not held to one shop")
    within = _Outer(outer.tables | frozenset(leaves), known)
    for part in parts:
        for nested in _nested(part):
            _look(found, nested, within)


def _known(found: Confinement, facts: list[_Fact], known: frozenset[Any]) -> frozenset[Any]:
    """The columns that hold the one shop. Each found may make another one known."""
    for fact in facts:
        for new, other in ((fact.left, fact.right), (fact.right, fact.left)):
            if new in known or not _is_shop(new) or (fact.tables and new.table not in fact.tables):
                continue
            if other in known:
                return _known(found, facts, known | {new})
            if _is_bound(other):
                found.binds.add(other.key)
                return _known(found, facts, known | {new})
    return known


def _facts(condition: Any, tables: frozenset[Any] | None = None) -> Iterator[_Fact]:
    """The equalities of a condition that hold in every row it lets through."""
    if isinstance(condition, elements.Grouping):
        yield from _facts(condition.element, tables)
    elif isinstance(condition, elements.BooleanClauseList):
        if condition.operator is operators.and_:
            for part in condition.clauses:
                yield from _facts(part, tables)
    elif isinstance(condition, elements.BinaryExpression) and condition.operator is operators.eq:
        yield _Fact(condition.left, condition.right, tables)


def _joined(source: Any) -> Iterator[_Fact]:
    """What joins tell. A left join's condition says nothing of the rows on its left."""
    if not isinstance(source, selectable.Join):
        return
    if not source.full:
        only = frozenset(_leaves(source.right)) if source.isouter else None
        yield from _facts(source.onclause, only)
    for side in (source.left, source.right):
        yield from _joined(side)


def _conditions(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield source.onclause
        yield from _conditions(source.left)
        yield from _conditions(source.right)


def _leaves(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    else:
        yield source


def _given(insert: dml.Insert) -> Iterator[Any]:
    """What stands for the shop in each of an INSERT's rows; None where nothing does."""
    if insert.select is not None:
        names = [getattr(one, "name", one) for one in insert._select_names or ()]
        columns = list(insert.select.selected_columns)
        yield columns[names.index(SHOP)] if SHOP in names else None
    elif insert._multi_values:
        for rows in insert._multi_values:
            for row in rows:
                yield _by_name(row).get(SHOP)
    elif insert._values:
        yield _by_name(insert._values).get(SHOP)
    else:
        # Without values SQLAlchemy binds every column by its name.
        yield sa.bindparam(SHOP)


def _by_name(values: Any) -> dict[str, Any]:
    return {getattr(column, "name", column): value for column, value in values.items()}


def _require_bound(found: Confinement, table: Any, given: Any) -> None:
    if _is_bound(given):
        found.binds.add(given.key)
    else:
        found.faults.append(f"{table.name}: the shop of a new row is not bound")


def _nested(part: Any) -> Iterator[Any]:
    """The statements within an expression, the outermost of each."""
    if isinstance(part, selectable.SelectBase):
        yield part
    elif isinstance(part, elements.ClauseElement):
        for child in part.get_children():
            yield from _nested(child)


def _tables(part: Any) -> Iterator[Any]:
    """The tables of an expression's columns, without those of statements within it."""
    if isinstance(part, elements.ColumnClause) and part.table is not None:
        yield part.table
    elif isinstance(part, elements.ClauseElement) and not isinstance(part, selectable.SelectBase):
        for child in part.get_children():
            yield from _tables(child)


def _owned(leaf: Any) -> bool:
    return leaf in OWNED or (
        isinstance(leaf, selectable.AliasedReturnsRows) and _owned(leaf.element)
    )


def _is_shop(column: Any) -> bool:
    return isinstance(column, elements.ColumnClause) and column.name == SHOP


def _is_bound(value: Any) -> bool:
    return isinstance(value, elements.BindParameter) and value.value is None
