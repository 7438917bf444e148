"""The counts as sentences for the person who decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pullfeed_client.audit.tally import Finding, Tally

_SAID = {
    "MISSING": "is missing",
    "NOT_ALLOWED": "is not one of its words",
    "BAD_EMAIL": "is no e-mail address",
    "BAD_PHONE": "is no phone number in E.164",
    "BAD_DATE": "is no date with a zone",
    "BAD_LANGUAGE": "is no language tag",
    "BAD_DECIMAL": "is no decimal number",
    "BAD_CURRENCY": "is no currency in use",
    "BAD_COUNTRY": "is no country code",
    "BAD_URL": "is no web address",
    "BAD_CODE": "is no trade item number",
    "BAD_NUMBER": "is a negative count",
    "BAD_CHARACTER": "holds a character that may not be, or bytes that are no text",
    "BAD_TYPE": "is of the wrong kind",
    "BAD_ROW": "cannot be read",
    "TOO_LONG": "is longer than 255 bytes",
    "TOO_LARGE": "takes more than 64 KiB",
    "UNKNOWN_FIELD": "is no field of the contract",
    "UNMAPPED": "has a value that the mapping's table lacks",
    "AMBIGUOUS": "is looked up under a key that comes twice",
    "ROWS_DISAGREE": "differs between the rows of one group",
}


class Sentence(NamedTuple):
    """One sentence. is_alarm: something invented, which must never go out unseen."""

    text: str
    is_alarm: bool = False


def of(tally: Tally) -> Iterator[Sentence]:
    """What matters, in the order it matters in."""
    yield Sentence(verdict(tally))
    for found in tally.by_weight:
        yield Sentence(finding(found, tally))
    for field, count in tally.invented.items():
        if count:
            yield Sentence(f"{field} is synthetic: {count:,} invented values.", is_alarm=True)
    for invention in tally.said:
        yield Sentence(f"{invention.field} is said by the mapping: {invention.because}")
    if tally.lost:
        yield Sentence(
            f"{_share(tally.lost, tally).capitalize()} no usable id can be read: "
            "no list of withheld records can name them."
        )
    if tally.repeated:
        yield Sentence(
            f"{_share(tally.repeated, tally).capitalize()} the id came before, for example "
            f"{', '.join(tally.repeated_examples)}: the newest is delivered."
        )


def verdict(tally: Tally) -> str:
    """How many would be delivered."""
    if not tally.records:
        return f"There are no {tally.kind.plural} in the source."
    return f"{tally.delivered:,} of {tally.records:,} {tally.kind.plural} would be delivered."


def finding(found: Finding, tally: Tally) -> str:
    """What is wrong with a field, in how many records, and what it alone costs."""
    told = f"{found.field or 'The record'} {said(found.reason)} {_share(found.records, tally)}"
    if found.records == tally.records:
        return f"{told}: 0 would be delivered."
    if found.is_unread:
        return f"{told}; what else is wrong with these is not seen."
    if found.alone:
        return f"{told}; for {found.alone:,} of them it is the only fault."
    return f"{told}."


def said(reason: str) -> str:
    """A reason's code as words."""
    return _SAID.get(reason, reason)


def _share(count: int, tally: Tally) -> str:
    if count == tally.records:
        return f"in all {count:,} {tally.kind.plural}"
    return f"in {count:,} of {tally.records:,} {tally.kind.plural}"
