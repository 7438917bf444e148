from __future__ import annotations

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullfeed_server.encoding import money

_MINOR_DIGITS = {"JPY": 0, "SAR": 2, "USD": 2, "EUR": 2, "KWD": 3, "BHD": 3, "CLF": 4}

_AMOUNTS = st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", fullmatch=True, alphabet="-.0123456789")


@pytest.mark.parametrize(
    ("amount", "currency", "padded"),
    [
        ("21", "SAR", "21.00"),
        ("21.5", "SAR", "21.50"),
        ("21.50", "SAR", "21.50"),
        ("21", "KWD", "21.000"),
        ("21", "JPY", "21"),
        ("21", "CLF", "21.0000"),
        ("-0.5", "SAR", "-0.50"),
        ("-0", "USD", "-0.00"),
        ("007", "SAR", "007.00"),
        ("1.123456", "SAR", "1.123456"),
        ("1.5", "JPY", "1.5"),
    ],
)
def test_an_amount_gets_the_minor_digits_of_its_currency(
    amount: str, currency: str, padded: str
) -> None:
    assert money.padded(amount, currency) == padded


@pytest.mark.parametrize(
    "amount", ["", " 21", "21 ", "21.", ".5", "+21", "1,000", "1e3", "21\n", "٢١", "free", "--1"]
)
def test_what_is_no_decimal_text_comes_back_as_it_is(amount: str) -> None:
    assert money.padded(amount, "SAR") == amount


@pytest.mark.parametrize("currency", ["", "sar", "ZZZ", "SA"])
def test_an_amount_of_an_unknown_currency_comes_back_as_it_is(currency: str) -> None:
    assert money.padded("21", currency) == "21"


@given(_AMOUNTS, st.sampled_from(sorted(_MINOR_DIGITS)))
def test_padding_never_changes_the_value(amount: str, currency: str) -> None:
    padded = money.padded(amount, currency)
    assert decimal.Decimal(padded) == decimal.Decimal(amount)
    assert padded.startswith(amount)
    assert len(padded.partition(".")[2]) >= _MINOR_DIGITS[currency]
    assert money.padded(padded, currency) == padded


@pytest.mark.parametrize("code", ["SAR", "KWD", "JPY", "USD", "EUR", "AED", "TRY"])
def test_an_iso_4217_code_is_a_currency(code: str) -> None:
    assert money.is_currency(code)


@pytest.mark.parametrize("code", ["", "sar", "ZZZ", "SA", "SARS", "DEM", "BTC"])
def test_any_other_code_is_none(code: str) -> None:
    assert not money.is_currency(code)
