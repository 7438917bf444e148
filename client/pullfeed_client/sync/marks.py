"""How far a source was read: a value of its update column, and where the next pass begins."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

from pullfeed_client import errors
from pullfeed_client.mapping import origin

_KINDS = "a date, a date in ISO 8601 as text, or a number"


class Marks:
    """The values of one update column."""

    def __init__(self, changes: origin.Changes, now: datetime.datetime) -> None:
        """now: with its zone. What is dated later is read, and moves no mark."""
        self._changes = changes
        self._now = now

    def is_reached(self, value: Any) -> bool:
        """May the value be the mark. A clock that runs ahead must not hide what others write."""
        if value is None:
            return False
        date = _date(value)
        if date is None or not isinstance(date, datetime.datetime):
            return True
        return self._aware(date) <= self._now

    def since(self, mark: Any) -> Any:
        """Where a pass begins behind a mark. Raises Misused where the overlap does not fit."""
        overlap = self._changes.overlap
        if isinstance(mark, (int, float, decimal.Decimal)):
            if isinstance(overlap, datetime.timedelta):
                raise self._wrong("is a number: say overlap = …, a number in its own unit")
            return type(mark)(decimal.Decimal(mark) - overlap)
        date = _date(mark)
        if date is None:
            raise self._wrong(f"is not {_KINDS}: say sync = 'fingerprint'")
        if not isinstance(overlap, datetime.timedelta):
            raise self._wrong('is a date: say overlap = "5m" or the like')
        return _as_it_was(_earlier(date, overlap), mark)

    def _aware(self, date: datetime.datetime) -> datetime.datetime:
        if date.tzinfo is not None:
            return date
        # Without a zone said, any there is: only what is later everywhere is ahead.
        furthest = datetime.timezone(datetime.timedelta(hours=14))
        return date.replace(tzinfo=self._changes.zone or furthest)

    def _wrong(self, sentence: str) -> errors.Misused:
        return errors.Misused(f"The update column {self._changes.updated!r} {sentence}.")


def written(mark: Any) -> str:
    """The mark as text. Raises Misused where it is of no kind that can be kept."""
    for kind, (type_, write, _) in _FORMS.items():
        if isinstance(mark, type_):
            return json.dumps([kind, write(mark)])
    raise errors.Misused(f"An update column holds {_KINDS}.")


def read(text: str) -> Any:
    """The mark that was written so."""
    kind, value = json.loads(text)
    return _FORMS[kind][2](value)


def later(one: Any, other: Any) -> Any:
    """The later of two marks; None stands before all. The second where they are not alike."""
    if one is None or other is None:
        return one if other is None else other
    try:
        return max(one, other)
    except TypeError:
        return other


_FORMS: dict[str, tuple[Any, Any, Any]] = {
    "datetime": (datetime.datetime, str, datetime.datetime.fromisoformat),
    "date": (datetime.date, str, datetime.date.fromisoformat),
    "text": (str, str, str),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "whole": (int, int, int),
    "number": (float, float, float),
}


def _date(value: Any) -> datetime.date | None:
    """The date a value is or says; a datetime where it has a time."""
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str):
        return None
    try:
        if len(value) <= len("2026-01-01"):
            return datetime.date.fromisoformat(value)
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        return None


def _earlier(date: datetime.date, overlap: datetime.timedelta) -> datetime.date:
    if isinstance(date, datetime.datetime):
        return date - overlap
    return (datetime.datetime.combine(date, datetime.time()) - overlap).date()


def _as_it_was(date: datetime.date, mark: Any) -> Any:
    """The date in the form of the mark. Text is compared from its left: seconds are enough."""
    if not isinstance(mark, str):
        return date
    if not isinstance(date, datetime.datetime):
        return date.isoformat()
    return date.replace(tzinfo=None).isoformat(sep=mark[10], timespec="seconds")
