from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullfeed_server.encoding import dates

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# An offset may carry a date out of the calendar; these two bounds never leave it.
_INSTANTS = st.datetimes(
    datetime.datetime(1, 1, 2),
    datetime.datetime(9999, 12, 30),
    timezones=st.integers(-1439, 1439).map(
        lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
    ),
)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-12-01T10:30:00Z", "2024-12-01T10:30:00Z"),
        ("2024-12-01T10:30:00z", "2024-12-01T10:30:00Z"),
        ("2024-12-01t10:30:00Z", "2024-12-01T10:30:00Z"),
        ("2024-12-01 10:30:00Z", "2024-12-01T10:30:00Z"),
        ("2024-12-01T10:30:00+00:00", "2024-12-01T10:30:00Z"),
        ("2024-12-01T10:30:00-00:00", "2024-12-01T10:30:00Z"),
        ("2024-12-01T10:30:00+03:00", "2024-12-01T07:30:00Z"),
        ("2024-12-01T22:30:00-05:30", "2024-12-02T04:00:00Z"),
        ("2024-02-29T23:59:59+23:59", "2024-02-29T00:00:59Z"),
        ("2024-02-28T23:30:00-23:59", "2024-02-29T23:29:00Z"),
        ("2023-12-31T23:59:59-00:01", "2024-01-01T00:00:59Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-02T00:00:00+23:59", "0001-01-01T00:01:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("9999-12-30T23:59:59-23:59", "9999-12-31T23:58:59Z"),
    ],
)
def test_a_date_with_a_zone_comes_out_as_the_same_instant_in_utc(text: str, utc: str) -> None:
    assert dates.to_utc(text) == utc


@pytest.mark.parametrize("fraction", [".0", ".5", ".50", ".123456789", ".000000000"])
def test_the_digits_of_a_fraction_stay_as_they_were_given(fraction: str) -> None:
    assert dates.to_utc(f"2024-12-01T10:30:00{fraction}+03:00") == f"2024-12-01T07:30:00{fraction}Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1733049000",
        "2024-12-01",
        "2024-12-01T10:30:00",
        "2024-12-01T10:30Z",
        "01/12/2024 10:30:00Z",
        "2024-12-01T10:30:00+0300",
        "2024-12-01T10:30:00+03",
        "2024-12-01T10:30:00 +03:00",
        "2024-12-01T10:30:00.Z",
        "2024-12-01T10:30:00,5Z",
        "2024-12-01T10:30:00.1234567890Z",
        "2024-12-01T10:30:00Z\n",
        " 2024-12-01T10:30:00Z",
        "٢٠٢٤-12-01T10:30:00Z",
    ],
)
def test_what_is_no_rfc_3339_date_with_a_zone_is_not_guessed(text: str) -> None:
    assert dates.to_utc(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29T10:30:00Z",
        "1900-02-29T10:30:00Z",
        "2024-04-31T10:30:00Z",
        "2024-13-01T10:30:00Z",
        "2024-00-01T10:30:00Z",
        "2024-12-00T10:30:00Z",
        "2024-12-01T24:00:00Z",
        "2024-12-01T10:60:00Z",
        "2024-12-01T10:30:60Z",
        "2024-12-01T10:30:00+24:00",
        "2024-12-01T10:30:00+03:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_what_is_not_in_the_calendar_is_no_date(text: str) -> None:
    assert dates.to_utc(text) is None


@pytest.mark.parametrize(
    ("utc", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("2024-12-01T10:30:00.1234569Z", 1_733_049_000_123_456),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_microseconds_count_from_1970_and_cut_what_is_finer(utc: str, microseconds: int) -> None:
    assert dates.microseconds(utc) == microseconds


@given(_INSTANTS)
def test_microseconds_agree_with_the_instant(instant: datetime.datetime) -> None:
    utc = dates.to_utc(instant.isoformat())
    assert utc is not None
    assert dates.microseconds(utc) == (instant - _EPOCH) // datetime.timedelta(microseconds=1)


@given(_INSTANTS, _INSTANTS)
def test_microseconds_order_dates_as_their_instants(
    one: datetime.datetime, other: datetime.datetime
) -> None:
    first, second = dates.to_utc(one.isoformat()), dates.to_utc(other.isoformat())
    assert first is not None
    assert second is not None
    assert (dates.microseconds(first) < dates.microseconds(second)) == (one < other)


@given(_INSTANTS)
def test_bringing_to_utc_twice_changes_nothing_more(instant: datetime.datetime) -> None:
    utc = dates.to_utc(instant.isoformat())
    assert utc is not None
    assert dates.to_utc(utc) == utc
