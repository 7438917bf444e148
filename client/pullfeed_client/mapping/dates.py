"""Dates of a source as RFC 3339 in UTC; a local time that is none, or two, is refused."""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo

from pullfeed_client.mapping.steps import Step, Unfit

ISO = "iso"
# Seconds since 1970, or thousandths of them.
UNIX = {"unix": 1, "unix_ms": 1000}

_UTC = datetime.UTC
_DONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\Z", re.ASCII)
_REMEMBERED = 16_384
# The directives of strptime that are plain numbers; what they take is what it takes.
_NUMBERS = {
    "%Y": ("year", r"\d{4}"),
    "%m": ("month", r"\d{1,2}"),
    "%d": ("day", r"\d{1,2}"),
    "%H": ("hour", r"\d{1,2}"),
    "%M": ("minute", r"\d{1,2}"),
    "%S": ("second", r"\d{1,2}"),
}
# datetime takes them in this order, and none may be left out in between.
_SIMPLE = [set(list(_NUMBERS)[:count]) for count in (3, 5, 6)]
_NO_OFFSET = datetime.timedelta()


def needs_zone(written: str) -> bool:
    """Must a zone be given, since no date of this format can bring one."""
    return written != ISO and written not in UNIX and "%z" not in written


def step(formats: tuple[str, ...], zone: str | None, fold: str | None) -> Step:
    """Reads dates in the first format that fits. Raises Unfit: BAD_DATE.

    zone: of the dates that bring none. fold: which of two is meant where clocks
    were set back, and which side where they were set forward. A date without a
    time is the first moment of its day.
    Raises ZoneInfoNotFoundError for an unknown zone, ValueError for a format that is none.
    """
    readers = [_reader(written) for written in formats]
    local = zoneinfo.ZoneInfo(zone) if zone else None
    at_fold = None if fold is None else int(fold == "later")

    @functools.lru_cache(_REMEMBERED)
    def to_utc(text: str) -> str | None:
        if ISO in formats and _DONE.match(text):
            # As it is: datetime would cut the digits behind microseconds.
            return text
        for read in readers:
            try:
                return _utc(read(text), local, at_fold)
            except (ValueError, OverflowError):
                continue
        return None

    def checked(text: str) -> str:
        utc = to_utc(text)
        if utc is None:
            raise Unfit("BAD_DATE")
        return utc

    return checked


def _utc(found: datetime.datetime, local: zoneinfo.ZoneInfo | None, fold: int | None) -> str:
    if found.tzinfo is not None:
        return found.astimezone(_UTC).replace(tzinfo=None).isoformat() + "Z"
    if local is None:
        raise ValueError("a date without a zone")
    offset = _offset(found, local, fold)
    return (found - offset).isoformat() + "Z"


def _offset(
    found: datetime.datetime, local: zoneinfo.ZoneInfo, fold: int | None
) -> datetime.timedelta:
    earlier = found.replace(tzinfo=local).utcoffset() or _NO_OFFSET
    later = found.replace(tzinfo=local, fold=1).utcoffset() or _NO_OFFSET
    if fold is None and earlier != later:
        raise ValueError("an hour that comes twice, or never")
    return later if fold else earlier


def _reader(written: str) -> functools.partial[datetime.datetime]:
    if written == ISO:
        return functools.partial(_from_iso)
    if written in UNIX:
        return functools.partial(_from_unix, UNIX[written])
    pattern = _pattern(written)
    if pattern is not None:
        names = tuple(name for name, _ in _NUMBERS.values() if name in pattern.groupindex)
        return functools.partial(_from_pattern, pattern, names)
    # Raises ValueError now, for a directive that strptime does not know.
    datetime.datetime(2001, 2, 3, tzinfo=_UTC).strptime(
        datetime.datetime(2001, 2, 3, tzinfo=_UTC).strftime(written), written
    )
    return functools.partial(_from_format, written)


def _pattern(written: str) -> re.Pattern[str] | None:
    """The format as a pattern, 5 times as fast as strptime; None where it is more than numbers."""
    parts = re.split(r"(%.)", written)
    told = parts[1::2]
    is_simple = set(told) in _SIMPLE and len(set(told)) == len(told)
    if not is_simple:
        return None
    made = "".join(
        "(?P<{}>{})".format(*_NUMBERS[part]) if part in _NUMBERS else re.escape(part)
        for part in parts
    )
    return re.compile(made + r"\Z", re.ASCII)


def _from_pattern(pattern: re.Pattern[str], names: tuple[str, ...], text: str) -> datetime.datetime:
    match = pattern.match(text)
    if match is None:
        raise ValueError("another format")
    # By their names' order in the pattern: year, month, day, hour, minute, second.
    numbers = map(int, match.group(*names))
    # Its zone is given with the mapping, and put in behind.
    return datetime.datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001


def _from_format(written: str, text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, written)  # noqa: DTZ007 - as above


def _from_iso(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _from_unix(parts: int, text: str) -> datetime.datetime:
    whole = int(text)
    seconds = datetime.datetime.fromtimestamp(whole // parts, _UTC)
    return seconds.replace(microsecond=whole % parts * 1_000_000 // parts)
