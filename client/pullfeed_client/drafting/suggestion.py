"""What a mapping could say of a field, from what stands in its column."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple

from google.protobuf import descriptor

from pullfeed_client.drafting.specimen import Specimen
from pullfeed_client.mapping import amounts, dates, spec
from pullfeed_client.mapping.steps import Step, Unfit
from pullfeed_client.rules import verdict

_SHOWN_WORDS = 12
_LOOKED_AT = 500
# Those a person must speak on, however plain the column looks.
_BY_A_PERSON = frozenset(("gender", "consent"))
_DATES = (
    "iso",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y%m%d",
)
_SYMBOLS = "$€£¥₹"
_AMOUNTS = (spec.Decimal(), spec.Decimal(".", ","), spec.Decimal(",", "."), spec.Decimal(",", " "))


class Suggestion(NamedTuple):
    """A line of the draft. is_open: a person must say something before it can stand.

    remark: what is to be said, or known.
    """

    line: str
    remark: str = ""
    is_open: bool = False


def of(kind: descriptor.Descriptor, field: str, column: str, specimen: Specimen) -> Suggestion:
    """What the mapping could say of a field whose column is found."""
    quoted = text(column)
    seen = specimen.values[column][:_LOOKED_AT]
    if kind.fields_by_name[field].is_repeated:
        return Suggestion(quoted, 'with split = "," where a cell holds several')
    if field in _BY_A_PERSON:
        return _words(column, specimen, "say what each stands for: nothing is guessed here")
    if all(verdict.accepts(kind, field, value) for value in seen):
        return Suggestion(quoted, "" if seen else "empty in the sample")
    reason = verdict.reason_of_refused(kind, field)
    if reason == "NOT_ALLOWED":
        return _words(column, specimen, "say what each stands for")
    return _READERS.get(reason, _as_it_is)(quoted, seen)


def text(value: str) -> str:
    """The value as a TOML string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _words(column: str, specimen: Specimen, remark: str) -> Suggestion:
    words = specimen.words(column)
    if len(words) > _SHOWN_WORDS:
        line = f'{{ column = {text(column)}, values = {{ "…" = "?" }} }}'
        return Suggestion(line, f"{remark}; the sample has {len(words)} values", True)
    table = ", ".join(f'{text(word)} = "?"' for word, _ in words.most_common())
    counted = ", ".join(f"{word} {count}" for word, count in words.most_common())
    line = f"{{ column = {text(column)}, values = {{ {table} }} }}"
    return Suggestion(line, f"{remark}; in the sample: {counted or 'nothing'}", True)


def _as_it_is(quoted: str, _seen: list[str]) -> Suggestion:
    return Suggestion(quoted, "not every value in the sample is good: see pullfeed audit")


def _phone(quoted: str, _seen: list[str]) -> Suggestion:
    line = f'{{ column = {quoted}, phone = "?" }}'
    return Suggestion(line, "the region of numbers without a country code, like US", True)


def _date(quoted: str, seen: list[str]) -> Suggestion:
    fitting = [written for written in _DATES if _reads_all(_date_step(written), seen)]
    if not fitting:
        return Suggestion(f'{{ column = {quoted}, date = "?", zone = "?" }}', "which format", True)
    line = f'{{ column = {quoted}, date = {text(fitting[0])}, zone = "?" }}'
    if len(fitting) > 1:
        return Suggestion(line, f"fits {' and '.join(fitting)}: which; and in which zone", True)
    return Suggestion(line, "in which zone, like Europe/Berlin", True)


def _date_step(written: str) -> Step:
    return dates.step((written,), "UTC", None)


def _amount(quoted: str, seen: list[str]) -> Suggestion:
    symbols = tuple(symbol for symbol in _SYMBOLS if any(symbol in value for value in seen))
    fitting = [
        dataclasses.replace(written, strip=symbols)
        for written in _AMOUNTS
        if _reads_all(amounts.clean(dataclasses.replace(written, strip=symbols)), seen)
    ]
    if not fitting:
        return Suggestion(f"{{ column = {quoted}, decimal = {{ … }} }}", "how is it written", True)
    line = f"{{ column = {quoted}, decimal = {_decimal(fitting[0])} }}"
    is_open = len({_meaning(written, seen) for written in fitting}) > 1
    return Suggestion(line, "is the comma a point or a group" if is_open else "", is_open)


def _meaning(written: spec.Decimal, seen: Iterable[str]) -> tuple[str, ...]:
    clean = amounts.clean(written)
    return tuple(clean(value) for value in seen)


def _decimal(written: spec.Decimal) -> str:
    said = [f"point = {text(written.point)}"] if written.point != "." else []
    said += [f"group = {text(written.group)}"] if written.group else []
    said += [f"strip = [{', '.join(map(text, written.strip))}]"] if written.strip else []
    return f"{{ {', '.join(said)} }}" if said else "true"


def _reads_all(step: Step, seen: list[str]) -> bool:
    try:
        for value in seen:
            step(value)
    except Unfit:
        return False
    return True


_READERS = {"BAD_DATE": _date, "BAD_DECIMAL": _amount, "BAD_PHONE": _phone}
