"""From a row to a record: nothing is guessed and no digit is lost.

Text stays text. A JSON number where the contract wants text becomes the very
characters that stood in the file: 10.50 is "10.50". Null is an unset field.
What is none of this makes the row unreadable, with the field at fault.

A row whose values all are of the right kind is handed to Protobuf as it is
(2 us a customer); only where that fails is the row read a second time, exactly.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeGuard

from google.protobuf import descriptor

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_client import scopes
from pullfeed_client.sources import exact, files

_KINDS = {
    "customer": record_pb2.Customer.DESCRIPTOR,
    "order": record_pb2.Order.DESCRIPTOR,
    "product": record_pb2.Product.DESCRIPTOR,
}
_INT32 = range(-(2**31), 2**31)
_INT32_DIGITS = 11


class Unreadable(Exception):
    """A row that cannot become a record.

    field: its path; empty for the whole row. more: what else cannot be read, as
    pairs of field and reason.
    """

    def __init__(self, field: str, reason: str, more: Iterable[tuple[str, str]] = ()) -> None:
        self.field = field
        self.reason = reason
        self.more = tuple(more)
        super().__init__(f"{field} {reason}".strip())

    @property
    def all(self) -> tuple[tuple[str, str], ...]:
        """All that cannot be read."""
        return (self.field, self.reason), *self.more

    def inside(self, part: str) -> Unreadable:
        """The same of the message that holds the part."""
        first, *more = ((f"{part}.{field}".rstrip("."), reason) for field, reason in self.all)
        return Unreadable(*first, more)


def raise_all(faults: Sequence[tuple[str, str]]) -> None:
    """Raises Unreadable with all of these; nothing where there are none."""
    if faults:
        raise Unreadable(*faults[0], faults[1:])


class _Shape(NamedTuple):
    """The fields Protobuf would take a wrong kind of value for without a word.

    It reads "abc" as a list of letters, {} as an empty list, and true as 1.
    """

    counts: tuple[str, ...]
    lists: tuple[tuple[str, _Shape | None], ...]


def add(request: record_service_pb2.PutRecordsRequest, row: files.Row, kind: scopes.Kind) -> None:
    """Adds the row's record to a request. Raises Unreadable, and then adds nothing."""
    if row.fault is not None:
        raise Unreadable(*row.fault, row.more)
    if row.fields is None:
        raise Unreadable("", "BAD_ROW")
    if _fits(row.fields, _shape(_KINDS[kind.name])):
        try:
            request.records.add(**{kind.name: row.fields})
            return
        except (TypeError, ValueError):
            # Which field is at fault, Protobuf does not say.
            pass
    exact = _message(_exact(row), _KINDS[kind.name], "")
    request.records.add(**{kind.name: exact})


def id_of(row: files.Row, kind: scopes.Kind) -> str:
    """The id the row's record would have; empty where it has none that can be sent."""
    found = (row.fields or {}).get(kind.id_field)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() if isinstance(found, str) and _is_utf8(found) else ""


def descriptor_of(kind: scopes.Kind) -> descriptor.Descriptor:
    """The message of a scope's records."""
    return _KINDS[kind.name]


def columns(kind: scopes.Kind) -> frozenset[str]:
    """The fields of a scope that one cell can hold."""
    fields = _KINDS[kind.name].fields
    return frozenset(
        field.name for field in fields if field.type == field.TYPE_STRING and not field.is_repeated
    )


@functools.cache
def _shape(kind: descriptor.Descriptor) -> _Shape:
    return _Shape(
        tuple(field.name for field in kind.fields if field.type == field.TYPE_INT32),
        tuple(
            (field.name, _shape(field.message_type) if field.message_type else None)
            for field in kind.fields
            if field.is_repeated
        ),
    )


def _fits(fields: dict[str, Any], shape: _Shape) -> bool:
    for name in shape.counts:
        if isinstance(fields.get(name), bool):
            return False
    for name, part in shape.lists:
        value = fields.get(name)
        if value is None:
            continue
        if not _is_list(value):
            return False
        if part and not all(_is_object(item) and _fits(item, part) for item in value):
            return False
    return True


def _exact(row: files.Row) -> dict[str, Any]:
    """The row's fields with numbers as they were written."""
    try:
        return row.exact()
    except RecursionError as error:
        raise Unreadable("", "BAD_ROW") from error


def _message(fields: Any, kind: descriptor.Descriptor, path: str) -> dict[str, Any]:
    """The fields as Protobuf takes them. Raises Unreadable with all that cannot be."""
    if not _is_object(fields):
        raise Unreadable(path.rstrip("."), "BAD_TYPE")
    known = kind.fields_by_name
    made: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, value in fields.items():
        if name not in known:
            faults.append((f"{path}{_shown(name)}".rstrip("."), "UNKNOWN_FIELD"))
        elif value is not None:
            try:
                made[name] = _field(value, known[name], f"{path}{name}")
            except Unreadable as error:
                faults += error.all
    raise_all(faults)
    return made


def _field(value: Any, field: descriptor.FieldDescriptor, path: str) -> Any:
    if not field.is_repeated:
        return _single(value, field, path)
    if not _is_list(value):
        raise Unreadable(path, "BAD_TYPE")
    return [_single(item, field, f"{path}[{index}]") for index, item in enumerate(value)]


def _single(value: Any, field: descriptor.FieldDescriptor, path: str) -> Any:
    if field.message_type is not None:
        return _message(value, field.message_type, f"{path}.")
    if field.type == field.TYPE_INT32:
        return _count(value, path)
    if not isinstance(value, str):
        raise Unreadable(path, "BAD_TYPE")
    if not _is_utf8(value):
        raise Unreadable(path, "BAD_CHARACTER")
    return value


def _shown(name: str) -> str:
    """A foreign field's name, where it looks like one: anything else may be a value."""
    return name if name.isascii() and name.isidentifier() and len(name) <= 64 else ""


def _count(value: Any, path: str) -> int:
    text = value if isinstance(value, exact.Number) else ""
    is_whole = text.removeprefix("-").isdecimal() and len(text) <= _INT32_DIGITS
    if not is_whole or int(text) not in _INT32:
        raise Unreadable(path, "BAD_TYPE")
    return int(text)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_utf8(text: str) -> bool:
    """Only CSV cells can fail: bytes that are no UTF-8 stand in them as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
