"""Normalising: what can be put right without losing or guessing anything.

Trim, the case of known words, `en_US` to `en-US`, dates to UTC, amounts padded
to their currency. All else stays as it is and is judged by the rules.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from google.protobuf import descriptor, message

from pullfeed.v1 import record_pb2
from pullfeed_server.encoding import dates, money

YES, NO = "Yes", "No"
_WORDS = {word.lower(): word for word in (YES, NO, "Male", "Female")}
_KNOWN = frozenset(_WORDS.values())
_AMOUNTS = frozenset(
    [
        "total",
        "subtotal",
        "discount_total",
        "tax_total",
        "shipping_total",
        "refunded_total",
        "unit_price",
        "price",
        "sale_price",
    ]
)


class Doubt(NamedTuple):
    """A value that has the right shape and is wrong all the same."""

    field: str
    reason: str


class _Plan(NamedTuple):
    """The fields of one message by what is done to them, in field order."""

    texts: tuple[tuple[str, Callable[[str], str]], ...]
    dates: tuple[str, ...]
    amounts: tuple[str, ...]
    lists: tuple[str, ...]
    parts: tuple[str, ...]
    has_currency: bool


def normalise(record: message.Message, currency: str = "", path: str = "") -> list[Doubt]:
    """Puts the record right in place; what a rule's pattern cannot see comes back.

    currency: of the record around this part. path: where this part stands.
    """
    plan = _plan(record.DESCRIPTOR)
    _trim(record, plan)
    doubts = _bring_to_utc(record, plan, path)
    if plan.has_currency:
        currency = str(getattr(record, "currency"))  # noqa: B009 - only some have it
        if currency and not money.is_currency(currency):
            doubts.append(Doubt(f"{path}currency", "BAD_CURRENCY"))
    for name in plan.amounts:
        amount = getattr(record, name)
        if amount:
            setattr(record, name, money.padded(amount, currency))
    for name in plan.parts:
        for index, part in enumerate(getattr(record, name)):
            doubts += normalise(part, currency, f"{path}{name}[{index}].")
    return doubts


def consent(text: str) -> str:
    """YES or NO where a consent reads so, else ""."""
    word = _word(text)
    return word if word in (YES, NO) else ""


def _trim(record: message.Message, plan: _Plan) -> None:
    for name, clean in plan.texts:
        value = getattr(record, name)
        cleaned = clean(value)
        # str.strip gives back the very same object where there was nothing to do.
        if cleaned is not value and cleaned != value:
            setattr(record, name, cleaned)
    for name in plan.lists:
        values = getattr(record, name)
        trimmed = [value.strip() for value in values]
        if trimmed != values:
            values[:] = trimmed


def _bring_to_utc(record: message.Message, plan: _Plan, path: str) -> list[Doubt]:
    doubts: list[Doubt] = []
    for name in plan.dates:
        value = getattr(record, name)
        if not value:
            continue
        utc = dates.to_utc(value)
        if utc is None:
            doubts.append(Doubt(f"{path}{name}", "BAD_DATE"))
        elif utc != value:
            setattr(record, name, utc)
    return doubts


def _word(text: str) -> str:
    if text in _KNOWN:
        return text
    text = text.strip()
    return _WORDS.get(text.lower(), text)


def _tag(text: str) -> str:
    return text.strip().replace("_", "-")


_CLEAN: dict[str, Callable[[str], str]] = {"consent": _word, "gender": _word, "language": _tag}


@functools.cache
def _plan(kind: descriptor.Descriptor) -> _Plan:
    fields = [field for field in kind.fields if field.type != field.TYPE_INT32]
    texts = [field.name for field in fields if not field.is_repeated]
    return _Plan(
        texts=tuple((name, _CLEAN.get(name, str.strip)) for name in texts),
        dates=tuple(name for name in texts if name.endswith("_date")),
        amounts=tuple(name for name in texts if name in _AMOUNTS),
        lists=tuple(
            field.name for field in fields if field.is_repeated and field.message_type is None
        ),
        parts=tuple(field.name for field in fields if field.message_type is not None),
        has_currency=kind.full_name in _PRICED,
    )


_PRICED = frozenset(
    (record_pb2.Order.DESCRIPTOR.full_name, record_pb2.Product.DESCRIPTOR.full_name)
)
