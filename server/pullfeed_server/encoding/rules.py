"""Which rules a record breaks: those of the proto, told in our own codes.

The rules stand beside their fields in record.proto (buf.validate); here only
their names are translated. protovalidate's engine is native: about 3 us a
customer, which is why every put can afford it.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import protovalidate
from google.protobuf import descriptor, message

from buf.validate import validate_pb2
from pullfeed_server.encoding import normal

MAX_ENCODED_BYTES = 64 * 1024
MAX_ID_BYTES = 255
# Of one record, and looked at of each list in it: its sender needs no more to begin with.
MAX_TOLD = 32


class Violation(NamedTuple):
    """A broken rule: the field's path, for example "line_items[1].name", and a code."""

    field: str
    reason: str


TOO_LARGE = Violation("", "TOO_LARGE")
WRONG_SCOPE = Violation("", "WRONG_SCOPE")

_BY_RULE = {
    "required": "MISSING",
    "repeated.min_items": "MISSING",
    "string.in": "NOT_ALLOWED",
    "string.email": "BAD_EMAIL",
    "string.max_bytes": "TOO_LONG",
    "int32.gte": "BAD_NUMBER",
}
# A rule over the whole message, told at the field a person would look at first.
_OF_MESSAGE = {"order.buyer": Violation("customer_id", "MISSING")}
_BY_PATTERN_OF = {
    "mobile": "BAD_PHONE",
    "language": "BAD_LANGUAGE",
    "currency": "BAD_CURRENCY",
    "shipping_country": "BAD_COUNTRY",
    "gtin": "BAD_CODE",
    "quantity": "BAD_DECIMAL",
    "additional_image_urls": "BAD_URL",
}
_BY_PATTERN_SUFFIX = (
    ("_date", "BAD_DATE"),
    ("total", "BAD_DECIMAL"),
    ("price", "BAD_DECIMAL"),
    ("url", "BAD_URL"),
)
_OTHER_PATTERNS = "BAD_CHARACTER"

# Every code a put can be withheld under; loaders may add their own.
REASONS = frozenset(
    (
        *_BY_RULE.values(),
        *_BY_PATTERN_OF.values(),
        *(reason for _, reason in _BY_PATTERN_SUFFIX),
        _OTHER_PATTERNS,
        TOO_LARGE.reason,
        WRONG_SCOPE.reason,
    )
)

_validator = protovalidate.Validator()


def violations(record: message.Message, doubts: list[normal.Doubt]) -> list[Violation]:
    """The rules a normalised record breaks; none where it may be delivered.

    Fields stand in their order, each named once, at most MAX_TOLD of them; what
    `normalise` doubted comes behind where no rule named it.
    """
    found = _validator.collect_violations(record, fail_fast=True)
    if not found and not doubts:
        return []
    if found:
        # Each violation costs 30 us, and 64 KiB have room for 60,000.
        found = _validator.collect_violations(_shortened(record)) or found
    told = [_told(violation) for violation in found[: 2 * MAX_TOLD]]
    by_field = {violation.field: violation for violation in reversed(told)}
    ordered = list(reversed(by_field.values()))
    ordered += [Violation(*doubt) for doubt in doubts if doubt.field not in by_field]
    return ordered[:MAX_TOLD]


def request_violations(request: message.Message) -> list[tuple[str, str]]:
    """The fields of a request that break their rules, each with a sentence.

    Where a list has too many elements nothing else is looked at.
    """
    for name, most in _limits(request.DESCRIPTOR):
        if len(getattr(request, name)) > most:
            return [(name, f"must contain no more than {most} item(s)")]
    return [
        (_path(found.proto), found.proto.message or "is not valid")
        for found in _validator.collect_violations(request)
    ]


@functools.cache
def _limits(request: descriptor.Descriptor) -> tuple[tuple[str, int], ...]:
    """The lists of a request and how many elements their rules allow."""
    found = ((field.name, _most(field)) for field in request.fields)
    return tuple((name, most) for name, most in found if most)


def _most(field: descriptor.FieldDescriptor) -> int:
    return field.GetOptions().Extensions[validate_pb2.field].repeated.max_items


def _shortened(record: message.Message) -> message.Message:
    """A copy with no more than the first elements of each list."""
    copy = type(record)()
    copy.CopyFrom(record)
    _shorten(copy)
    return copy


def _shorten(record: message.Message) -> None:
    for field, values in record.ListFields():
        if field.is_repeated:
            del values[MAX_TOLD:]
            for part in values if field.message_type is not None else ():
                _shorten(part)


def _told(found: protovalidate.Violation) -> Violation:
    proto = found.proto
    path = _path(proto)
    if not path:
        return _OF_MESSAGE[proto.rule_id]
    field = proto.field.elements[-1].field_name if proto.field else ""
    if proto.rule_id == "string.pattern":
        return Violation(path, _reason_of_pattern(field))
    # protovalidate names an empty e-mail and a broken one apart.
    return Violation(path, _BY_RULE[proto.rule_id.removesuffix("_empty")])


def _reason_of_pattern(field: str) -> str:
    if field in _BY_PATTERN_OF:
        return _BY_PATTERN_OF[field]
    for suffix, reason in _BY_PATTERN_SUFFIX:
        if field.endswith(suffix):
            return reason
    return _OTHER_PATTERNS


def _path(violation: protovalidate.ViolationPb) -> str:
    if violation.field is None:
        return ""
    names: list[str] = []
    for element in violation.field.elements:
        index = element.subscript
        suffix = f"[{index.value}]" if index is not None and index.field == "index" else ""
        names.append(f"{element.field_name}{suffix}")
    return ".".join(names)
