"""From rows to a record: its fields, its parts, and what is computed from both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf import descriptor

from pullfeed_client import messages
from pullfeed_client.mapping import columns, fields
from pullfeed_client.mapping.cells import Cells, Made, Reader, is_list, is_object, value_at
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.plan import Part
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.mapping.steps import Unfit
from pullfeed_client.rules import verdict

# More lines than 64 KiB can hold: what goes beyond is withheld whatever they say.
MAX_ROWS = 10_000


class _Field(NamedTuple):
    """A field's name and reader; refused: what is put for a value that cannot be read."""

    name: str
    read: Reader
    refused: str | None


class _Taken(NamedTuple):
    """A field that says from which of several rows it comes."""

    field: _Field
    take: str


class Builder:
    """Builds one message from its rows."""

    def __init__(self, part: Part, maker: fields.Maker, document: Document, name: str = "") -> None:
        self._simple: list[_Field] = []
        self._taken: list[_Taken] = []
        self._derived: list[_Field] = []
        for field_name, spec in part.fields.items():
            self._add(part.kind.fields_by_name[field_name], spec, maker, name)
        self._parts = [
            (inner, _Inner(plans, maker, document, f"{name}{inner}."))
            for inner, plans in part.parts.items()
        ]
        # Columns whose rows must agree, with the field that would be in doubt.
        self._agreeing = tuple(
            (value_at(column), field)
            for field, spec in part.fields.items()
            if not spec.take
            for column in columns.of_field(spec)
        )
        _check_order(part, document)

    def build(self, rows: Sequence[Cells]) -> Made:
        """The message's fields. Raises Unreadable, with the fields at fault, or Inexact."""
        made: Made = {}
        faults: list[tuple[str, str]] = []
        first = rows[0]
        _read_all(self._simple, first, made, faults)
        if len(rows) > 1:
            faults += self._disagreements(rows)
        for taken in self._taken:
            try:
                _put(made, taken.field, _taken(taken, rows, made))
            except messages.Unreadable as error:
                faults += error.all
        for name, inner in self._parts:
            try:
                made[name] = inner.build(rows, name)
            except messages.Unreadable as error:
                faults += error.all
        messages.raise_all(faults)
        if self._derived:
            _read_all(self._derived, first, made, faults)
            messages.raise_all(faults)
        return made

    def one(self, name: str, row: Cells) -> str:
        """One simple field alone; empty where it cannot be read."""
        for field in (*self._simple, *(taken.field for taken in self._taken)):
            if field.name == name:
                try:
                    return str(field.read(row, {}))
                except Unfit:
                    return ""
        return ""

    def _add(
        self, field: descriptor.FieldDescriptor, spec: Spec, maker: fields.Maker, name: str
    ) -> None:
        made = _Field(field.name, maker.reader(spec, field, f"{name}{field.name}"), _refused(field))
        if _is_derived(spec):
            self._derived.append(made)
        elif spec.take:
            self._taken.append(_Taken(made, spec.take))
        else:
            self._simple.append(made)

    def _disagreements(self, rows: Sequence[Cells]) -> list[tuple[str, str]]:
        """The fields in doubt, each once."""
        first = rows[0]
        found: dict[str, None] = {}
        for find, field in self._agreeing:
            expected = find(first)
            if any(find(row) != expected for row in rows):
                found[field] = None
        return [(field, "ROWS_DISAGREE") for field in found]


class _Inner:
    """The messages of one repeated field."""

    def __init__(
        self, plans: tuple[Part, ...], maker: fields.Maker, document: Document, name: str
    ) -> None:
        self._builders = [Builder(plan, maker, document, name) for plan in plans]
        self._each = [value_at(plan.each) if plan.each else None for plan in plans]

    def build(self, rows: Sequence[Cells], name: str) -> list[Made]:
        """Its messages, in the order of the rows. Raises Unreadable."""
        made: list[Made] = []
        faults: list[tuple[str, str]] = []
        for builder, each in zip(self._builders, self._each, strict=True):
            for row in rows if each is None else _elements(rows, each, name):
                try:
                    made.append(builder.build((row,)))
                except messages.Unreadable as error:
                    faults += error.inside(f"{name}[{len(made)}]").all
                    # The others keep their places.
                    made.append({})
        messages.raise_all(faults)
        return made


def _elements(rows: Sequence[Cells], each: Any, name: str) -> Sequence[Cells]:
    found: list[Any] = []
    for row in rows:
        value = each(row)
        if value is not None and not is_list(value):
            raise messages.Unreadable(name, "BAD_TYPE")
        found += value or []
    for index, element in enumerate(found):
        if not is_object(element):
            raise messages.Unreadable(f"{name}[{index}]", "BAD_TYPE")
    return found


def _read_all(readers: list[_Field], row: Cells, made: Made, faults: list[tuple[str, str]]) -> None:
    """Adds what can be read to the made, and what cannot to the faults."""
    for field in readers:
        # Unpacked: this is the loop that every cell goes through.
        name, read, _ = field
        try:
            value = read(row, made)
        except Unfit as unfit:
            value = field.refused
            if value is None:
                faults.append((name, unfit.reason))
        if value or value == 0:
            made[name] = value


def _taken(taken: _Taken, rows: Sequence[Cells], made: Made) -> Any:
    read = taken.field.read
    try:
        if taken.take in {"first", "last"}:
            return read(rows[0 if taken.take == "first" else -1], made)
        found = [value for value in (read(row, made) for row in rows) if value]
    except Unfit as unfit:
        return _refusal(taken.field, unfit)
    if not found:
        return ""
    # Without the Z, so that a longer fraction is the later one.
    choose = max if taken.take == "latest" else min
    return choose(found, key=lambda date: date.removesuffix("Z"))


def _put(made: Made, field: _Field, value: Any) -> None:
    if value:
        made[field.name] = value


def _refusal(field: _Field, unfit: Unfit) -> str:
    """What makes the core refuse the field, beside all else that is wrong with the record."""
    if field.refused is None:
        raise messages.Unreadable(field.name, unfit.reason) from unfit
    return field.refused


def _refused(field: descriptor.FieldDescriptor) -> str | None:
    """The text the core refuses with a reason that fits; None where it has none for the field.

    In a name or another free text the core would blame a character that the source
    does not have: such a row is handed over as unreadable instead.
    """
    if field.is_repeated or field.type != field.TYPE_STRING:
        return None
    reason = verdict.reason_of_refused(field.containing_type, field.name)
    return verdict.REFUSED if reason not in {"", "BAD_CHARACTER"} else None


def _is_derived(spec: Spec | None) -> bool:
    return spec is not None and (spec.is_derived or _is_derived(spec.otherwise))


def _check_order(part: Part, document: Document) -> None:
    """Raises Misused where a computed field needs what is not there, or stands behind it."""
    known = {name for name, spec in part.fields.items() if not _is_derived(spec)}
    for name, spec in part.fields.items():
        current: Spec | None = spec
        while current:
            for term in (*current.multiply, *current.sum, *filter(None, (current.count,))):
                _check_term(part, term, known, current, document)
            current = current.otherwise
        known.add(name)


def _check_term(part: Part, term: str, known: set[str], spec: Spec, document: Document) -> None:
    name, _, inner = term.partition(".")
    plans = part.parts.get(name, ())
    is_there = name in known if not plans else not inner or all(inner in p.fields for p in plans)
    if not is_there or (bool(plans) and not inner and term != spec.count):
        raise document.wrong(
            spec.path, f"{term!r} is mapped nowhere before; a part's field is line_items.total."
        )
