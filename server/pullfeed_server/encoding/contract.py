"""A record as the contract's JSON: snake_case, text values, fields in proto order."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from google.protobuf import descriptor, message


class _Plan(NamedTuple):
    """How one message is printed: its fields in order, what prints each, and all values."""

    names: tuple[str, ...]
    printers: tuple[Callable[[Any], Any] | None, ...]
    values: Callable[[message.Message], tuple[Any, ...]]


def to_json(record: message.Message) -> bytes:
    """The record's JSON object in UTF-8.

    Lists are always printed, an unset optional scalar is left out.
    """
    return orjson.dumps(_plain(record))


def _plain(record: message.Message) -> dict[str, Any]:
    plan = _plan(record.DESCRIPTOR)
    plain: dict[str, Any] = {}
    for name, printer, value in zip(plan.names, plan.printers, plan.values(record), strict=True):
        if printer is not None:
            plain[name] = printer(value)
        elif value or _is_zero_on_purpose(record, name):
            plain[name] = value
    return plain


def _is_zero_on_purpose(record: message.Message, name: str) -> bool:
    """Is an empty value one that was set, which only `optional` fields can tell."""
    return record.DESCRIPTOR.fields_by_name[name].has_presence and record.HasField(name)


def _parts(values: Any) -> list[dict[str, Any]]:
    return [_plain(part) for part in values]


def _printer(field: descriptor.FieldDescriptor) -> Callable[[Any], Any] | None:
    if field.message_type is not None:
        return _parts
    return list if field.is_repeated else None


@functools.cache
def _plan(kind: descriptor.Descriptor) -> _Plan:
    names = tuple(field.name for field in kind.fields)
    return _Plan(names, tuple(map(_printer, kind.fields)), operator.attrgetter(*names))
