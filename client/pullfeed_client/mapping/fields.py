"""From what a mapping says of a field to the function that reads it from a row."""

from __future__ import annotations

import re
import urllib.parse
import zoneinfo
from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor

from pullfeed_client.mapping import amounts, cells, columns, dates, lookups, phones, steps
from pullfeed_client.mapping.cells import Cells, Made, Reader
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.mapping.steps import Step, Unfit

_WHOLE = re.compile(r"-?[0-9]{1,10}\Z")
_INT32 = range(-(2**31), 2**31)


class Maker:
    """Makes readers. tables: the lookups by name. invented: counts synthetic values by field."""

    def __init__(
        self, document: Document, tables: Mapping[str, lookups.Table], invented: dict[str, int]
    ) -> None:
        self._document = document
        self._tables = tables
        self._invented = invented

    def reader(self, spec: Spec, field: descriptor.FieldDescriptor, name: str) -> Reader:
        """Reads the field's value; what it raises is Unfit, or Inexact.

        Comes empty where the source has nothing. name: what the field is counted under.
        Raises Misused where the mapping says what cannot be done.
        """
        read = self._list(spec) if field.is_repeated else self._single(spec)
        if field.type == field.TYPE_INT32:
            read = _whole(read)
        if spec.synthetic:
            read = self._counted(read, name)
        if spec.otherwise is None:
            return read
        return _or_else(read, self.reader(spec.otherwise, field, name))

    def _single(self, spec: Spec) -> Reader:
        origin = self._origin(spec)
        done = self._steps(spec)
        empty = frozenset(spec.empty)
        if not done and not empty:
            return origin
        return _stepped(origin, done, empty)

    def _list(self, spec: Spec) -> Reader:
        done, empty = self._steps(spec), frozenset(spec.empty)
        find = cells.value_at(spec.column) if spec.column and not spec.lookup else None
        origin = None if find else self._origin(spec)

        def read(row: Cells, made: Made) -> list[str]:
            found = find(row) if find else origin(row, made) if origin else ""
            items = found if cells.is_list(found) else _split(cells.text_of(found), spec.split)
            texts = (cells.text_of(item) for item in items)
            return [_through(done, text) for text in texts if text and text not in empty]

        return read

    def _origin(self, spec: Spec) -> Reader:
        if spec.lookup:
            return self._tables[spec.lookup].reader(spec)
        if spec.column:
            return cells.text_at(spec.column)
        if spec.constant is not None:
            constant = spec.constant
            return lambda _row, _made: constant
        if spec.template:
            return self._template(spec, spec.template)
        return _derived(spec)

    def _template(self, spec: Spec, template: str) -> Reader:
        try:
            found = list(columns.placeholders(template))
        except ValueError as error:
            raise self._document.wrong((*spec.path, "template"), f"{error}.") from error
        if not found and not spec.synthetic:
            raise self._document.wrong((*spec.path, "template"), "names no column: say constant.")
        for column, form in found:
            if not column or form not in {"", "url"}:
                raise self._document.wrong(
                    (*spec.path, "template"), "takes {Column}, or {Column:url} to quote it."
                )
        return _filled(template, found)

    def _steps(self, spec: Spec) -> tuple[Step, ...]:
        """The steps in the one order there is: table, date or amount or phone, shift, round."""
        done: list[Step] = []
        if spec.values is not None:
            done.append(steps.by_table(spec.values))
        if spec.date:
            done.append(self._date(spec))
        elif spec.zone or spec.fold:
            raise self._document.wrong(spec.path, "zone and fold belong to a date.")
        if spec.decimal:
            done.append(amounts.clean(spec.decimal))
        if spec.phone:
            done.append(self._phone(spec, spec.phone))
        if spec.shift is not None:
            done.append(amounts.shift(spec.shift))
        if spec.round is not None:
            done.append(amounts.rounded(spec.round))
        return tuple(done)

    def _date(self, spec: Spec) -> Step:
        path = (*spec.path, "date")
        for written in spec.date:
            if dates.needs_zone(written) and not spec.zone:
                raise self._document.wrong(
                    path, f'{written!r} has no zone: say zone = "UTC" or the shop\'s own.'
                )
        try:
            return dates.step(spec.date, spec.zone, spec.fold)
        except zoneinfo.ZoneInfoNotFoundError as error:
            raise self._document.wrong(
                (*spec.path, "zone"), "is no zone of the IANA database, like Europe/Berlin."
            ) from error
        except ValueError as error:
            raise self._document.wrong(path, f"is no format of strptime: {error}.") from error

    def _phone(self, spec: Spec, region: str) -> Step:
        try:
            return phones.step(region)
        except ValueError as error:
            raise self._document.wrong(
                (*spec.path, "phone"), "must be a region that dials, in capitals, like DE or US."
            ) from error

    def _counted(self, read: Reader, name: str) -> Reader:
        invented = self._invented
        invented.setdefault(name, 0)

        def counted(row: Cells, made: Made) -> Any:
            value = read(row, made)
            if value:
                invented[name] += 1
            return value

        return counted


def _stepped(origin: Reader, done: tuple[Step, ...], empty: frozenset[str]) -> Reader:
    def read(row: Cells, made: Made) -> str:
        text: str = origin(row, made)
        if not text or text in empty:
            return ""
        for step in done:
            text = step(text)
        return text

    return read


def _or_else(read: Reader, otherwise: Reader) -> Reader:
    return lambda row, made: read(row, made) or otherwise(row, made)


def _through(done: tuple[Step, ...], text: str) -> str:
    for step in done:
        text = step(text)
    return text


def _split(text: str, divider: str | None) -> list[str]:
    return [part.strip() for part in text.split(divider)] if divider and text else [text]


def _filled(template: str, found: list[tuple[str, str]]) -> Reader:
    """Empty where one of its columns is: half a template would be a wrong value."""
    readers = [(cells.text_at(column), form == "url") for column, form in found]
    # The columns by their place: their names may hold what format() takes for its own.
    pieces = iter(range(len(found)))
    numbered = re.sub(r"(?<!\{)\{(?!\{)[^{}]*\}", lambda _: f"{{{next(pieces)}}}", template)

    def read(row: Cells, made: Made) -> str:
        texts: list[str] = []
        for reader, is_url in readers:
            text: str = reader(row, made)
            if not text:
                return ""
            texts.append(urllib.parse.quote(text, safe="") if is_url else text)
        return numbered.format(*texts)

    return read


def _derived(spec: Spec) -> Reader:
    if spec.count:
        name = spec.count
        return lambda _row, made: str(len(made.get(name, ())))
    compute = amounts.product if spec.multiply else amounts.total
    names = spec.multiply or spec.sum

    def read(_row: Cells, made: Made) -> str:
        terms = [term for name in names for term in _terms(made, name)]
        return compute(terms) if terms and all(terms) else ""

    return read


def _terms(made: Made, name: str) -> list[str]:
    """A field's value, or that of every part for "line_items.total"; empty where one is missing."""
    part, _, inner = name.partition(".")
    if not inner:
        return [made.get(part, "")]
    return [item.get(inner, "") for item in made.get(part, ())] or [""]


def _whole(read: Reader) -> Reader:
    def whole(row: Cells, made: Made) -> int | None:
        text: str = read(row, made)
        if not text:
            return None
        if not _WHOLE.match(text) or int(text) not in _INT32:
            raise Unfit("BAD_TYPE")
        return int(text)

    return whole
