"""RFC 3339 dates with a zone: which are in the calendar, and how long they are in UTC."""

from __future__ import annotations

import datetime
import re

_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))\Z", re.ASCII
)


def in_utc(text: str) -> str | None:
    """The date in UTC with the fraction it has; None where the core refuses it.

    Source: RFC 3339 section 5.6.
    """
    match = _DATE.match(text)
    # Python reads 24:00 as the next day from 3.14 on; RFC 3339 does not.
    if match is None or match[2].startswith("24"):
        return None
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        instant = datetime.datetime.fromisoformat(f"{day}T{clock}")
        if sign:
            instant -= _offset(sign, int(hours), int(minutes))
    except (ValueError, OverflowError):
        return None
    return f"{instant.isoformat()}{fraction or ''}Z"


def _offset(sign: str, hours: int, minutes: int) -> datetime.timedelta:
    if hours > 23 or minutes > 59:
        raise ValueError("no offset")
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return -offset if sign == "-" else offset
