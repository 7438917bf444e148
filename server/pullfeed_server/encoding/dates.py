"""RFC 3339 dates, brought to UTC without losing a digit."""

from __future__ import annotations

import datetime
import re

# Hour 24 is no RFC 3339, though Python reads it from 3.14 on.
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z",
    re.ASCII,
)
# Naive on purpose: every date here is UTC already, and naive ones cost half.
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND = datetime.timedelta(microseconds=1)


def to_utc(text: str) -> str | None:
    """The same instant with the zone Z and the fraction as it was given.

    None where it is no RFC 3339 date with a zone, or not in the calendar.
    A date without a zone is never guessed. Source: RFC 3339 section 5.6.
    """
    match = _RFC3339.match(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        instant = datetime.datetime.fromisoformat(f"{day}T{clock}")
        if zone in "Zz":
            return f"{day}T{clock}{fraction or ''}Z"
        return f"{(instant - _offset(zone)).isoformat()}{fraction or ''}Z"
    except (ValueError, OverflowError):
        return None


def microseconds(utc: str) -> int:
    """Microseconds since 1970 of a date as `to_utc` gives it; finer digits are cut."""
    seconds, _, fraction = utc[:-1].partition(".")
    whole = (datetime.datetime.fromisoformat(seconds) - _EPOCH) // _MICROSECOND
    return whole + int(f"{fraction:0<6.6}") if fraction else whole


def _offset(zone: str) -> datetime.timedelta:
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
