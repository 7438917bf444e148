"""Which rules a record breaks, in the core's own codes."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import orjson
import protovalidate
from google.protobuf import descriptor, message, message_factory

from pullfeed_client.rules import normal

# A text that no rule of a word, number, date, address or phone lets pass.
REFUSED = "\x00"

_MAX_BYTES = 64 * 1024
# The core looks at no more of a record that is wrong all over.
_MAX_TOLD = 32
# What a field of one byte can grow to between Protobuf and JSON: its name, its
# quotes, and the empty lists beside it.
_JSON_GROWTH = 16


class Violation(NamedTuple):
    """A broken rule: the field's path, empty for the whole record, and a code."""

    field: str
    reason: str


_TOO_LARGE = Violation("", "TOO_LARGE")

_REASONS = {
    "required": "MISSING",
    "repeated.min_items": "MISSING",
    "string.in": "NOT_ALLOWED",
    "string.email": "BAD_EMAIL",
    "string.email_empty": "BAD_EMAIL",
    "string.max_bytes": "TOO_LONG",
    "int32.gte": "BAD_NUMBER",
}
# By the field whose pattern is broken; else by how its name ends.
_PATTERNS = {
    "mobile": "BAD_PHONE",
    "language": "BAD_LANGUAGE",
    "currency": "BAD_CURRENCY",
    "shipping_country": "BAD_COUNTRY",
    "gtin": "BAD_CODE",
    "quantity": "BAD_DECIMAL",
    "additional_image_urls": "BAD_URL",
}
_ENDINGS = {
    "_date": "BAD_DATE",
    "total": "BAD_DECIMAL",
    "price": "BAD_DECIMAL",
    "url": "BAD_URL",
}
_TOLD_AT = {"order.buyer": "customer_id"}

_validator = protovalidate.Validator()


def violations(record: message.Message) -> tuple[Violation, ...]:
    """What the core would withhold the record for; empty where it would deliver it.

    Normalises the record in place. Each field is named once, at most _MAX_TOLD of them.
    """
    if record.ByteSize() > _MAX_BYTES:
        return (_TOO_LARGE,)
    doubts = list(normal.put_right(record))
    broken: dict[str, str] = {}
    for field, reason in (*_broken(record), *doubts):
        broken.setdefault(field, reason)
    if not broken and _is_too_large(record):
        return (_TOO_LARGE,)
    told = itertools.islice(broken.items(), _MAX_TOLD)
    return tuple(Violation(field, reason) for field, reason in told)


def accepts(kind: descriptor.Descriptor, field: str, text: str) -> bool:
    """Would the core take the text in this field, whatever the others hold."""
    try:
        record = message_factory.GetMessageClass(kind)(**{field: text})
    except UnicodeEncodeError:
        # Bytes that are no text stand in it as lone surrogates.
        return False
    return all(violation.field != field for violation in violations(record))


@functools.cache
def missing(kind: descriptor.Descriptor) -> frozenset[str]:
    """The fields without which the core withholds a record."""
    record = message_factory.GetMessageClass(kind)()
    return frozenset(found.field for found in violations(record) if found.reason == "MISSING")


@functools.cache
def reason_of_refused(kind: descriptor.Descriptor, field: str) -> str:
    """What the core says of REFUSED in a field that holds one text."""
    record = message_factory.GetMessageClass(kind)(**{field: REFUSED})
    found = {violation.field: violation.reason for violation in violations(record)}
    return found.get(field, "")


def _broken(record: message.Message) -> list[tuple[str, str]]:
    """The broken rules of the proto, as far as the core looks."""
    first = _validator.collect_violations(record, fail_fast=True)
    if not first:
        return []
    shortened = type(record)()
    shortened.CopyFrom(record)
    _shorten(shortened)
    found = _validator.collect_violations(shortened) or first
    return [_told(violation.proto) for violation in found[: 2 * _MAX_TOLD]]


def _shorten(record: message.Message) -> None:
    """Leaves no more than the first elements of each list, as the core does."""
    for field in record.DESCRIPTOR.fields:
        if field.is_repeated:
            values = getattr(record, field.name)
            del values[_MAX_TOLD:]
            for part in values if field.message_type is not None else ():
                _shorten(part)


def _told(found: protovalidate.ViolationPb) -> tuple[str, str]:
    if found.rule_id in _TOLD_AT:
        return _TOLD_AT[found.rule_id], "MISSING"
    path: list[str] = []
    name = ""
    for element in found.field.elements if found.field else ():
        name = element.field_name
        place = element.subscript
        is_item = place is not None and place.field == "index"
        path.append(f"{name}[{place.value}]" if place is not None and is_item else name)
    if found.rule_id == "string.pattern":
        return ".".join(path), _reason_of_pattern(name)
    return ".".join(path), _REASONS[found.rule_id]


def _reason_of_pattern(field: str) -> str:
    endings = (reason for ending, reason in _ENDINGS.items() if field.endswith(ending))
    return _PATTERNS.get(field) or next(endings, "BAD_CHARACTER")


def _is_too_large(record: message.Message) -> bool:
    size = record.ByteSize()
    if size > _MAX_BYTES or size * _JSON_GROWTH + 1024 <= _MAX_BYTES:
        return size > _MAX_BYTES
    return len(orjson.dumps(_plain(record))) > _MAX_BYTES


def _plain(record: message.Message) -> dict[str, object]:
    """The record as the contract prints it: lists always, scalars where they are set."""
    plain: dict[str, object] = {}
    for field in record.DESCRIPTOR.fields:
        value = getattr(record, field.name)
        if field.message_type is not None:
            plain[field.name] = [_plain(part) for part in value]
        elif field.is_repeated:
            plain[field.name] = list(value)
        elif value or (field.has_presence and record.HasField(field.name)):
            plain[field.name] = value
    return plain
