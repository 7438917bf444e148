"""What the core puts right before it judges, done to a record in place."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import iso4217
from google.protobuf import descriptor, message

from pullfeed_client.rules import calendar

_WORDS = {word.lower(): word for word in ("Yes", "No", "Male", "Female")}
_MINOR_DIGITS = {currency.code: currency.exponent or 0 for currency in iso4217.Currency}
_DECIMAL = re.compile(r"-?[0-9]+(?:\.([0-9]+))?\Z")


class _Texts(NamedTuple):
    """A message's fields by what is done to them."""

    singles: tuple[tuple[str, Callable[[str], str]], ...]
    dates: tuple[str, ...]
    amounts: tuple[str, ...]
    lists: tuple[str, ...]
    parts: tuple[str, ...]
    currency: str


def put_right(
    record: message.Message, path: str = "", currency: str = ""
) -> Iterator[tuple[str, str]]:
    """Normalises the record; gives field and reason of what is wrong beyond its pattern.

    currency: of the record around this part.
    """
    texts = _texts(record.DESCRIPTOR)
    for name, clean in texts.singles:
        setattr(record, name, clean(getattr(record, name)))
    for name in texts.lists:
        values = getattr(record, name)
        values[:] = [value.strip() for value in values]
    for name in texts.dates:
        yield from _date(record, name, path)
    if texts.currency:
        currency = getattr(record, texts.currency)
        if currency and currency not in _MINOR_DIGITS:
            yield f"{path}{texts.currency}", "BAD_CURRENCY"
    for name in texts.amounts:
        setattr(record, name, _padded(getattr(record, name), currency))
    for name in texts.parts:
        for index, part in enumerate(getattr(record, name)):
            yield from put_right(part, f"{path}{name}[{index}].", currency)


def _date(record: message.Message, name: str, path: str) -> Iterator[tuple[str, str]]:
    value: Any = getattr(record, name)
    if not value:
        return
    utc = calendar.in_utc(value)
    if utc is None:
        yield f"{path}{name}", "BAD_DATE"
    else:
        setattr(record, name, utc)


def _padded(amount: str, currency: str) -> str:
    """The amount with zeros up to the minor digits: they count for a record's size."""
    match = _DECIMAL.match(amount)
    missing = _MINOR_DIGITS.get(currency, 0) - len(match[1] or "") if match else 0
    if match is None or missing <= 0:
        return amount
    return f"{amount}{'' if match[1] else '.'}{'0' * missing}"


def _word(text: str) -> str:
    text = text.strip()
    return _WORDS.get(text.lower(), text)


def _tag(text: str) -> str:
    return text.strip().replace("_", "-")


_CLEAN: dict[str, Callable[[str], str]] = {"consent": _word, "gender": _word, "language": _tag}


@functools.cache
def _texts(kind: descriptor.Descriptor) -> _Texts:
    strings = [field for field in kind.fields if field.type == field.TYPE_STRING]
    singles = [field.name for field in strings if not field.is_repeated]
    return _Texts(
        singles=tuple((name, _CLEAN.get(name, str.strip)) for name in singles),
        dates=tuple(name for name in singles if name.endswith("_date")),
        amounts=tuple(name for name in singles if name.endswith(("total", "price"))),
        lists=tuple(field.name for field in strings if field.is_repeated),
        parts=tuple(field.name for field in kind.fields if field.message_type is not None),
        currency=next((name for name in singles if name == "currency"), ""),
    )
