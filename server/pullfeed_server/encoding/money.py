"""Amounts as decimal text with at least the minor digits of their currency."""

from __future__ import annotations

import re

import iso4217

_DECIMAL = re.compile(r"-?[0-9]+(?:\.([0-9]+))?\Z")

# ISO 4217, list one, as the package iso4217 ships it: SAR 2, KWD 3, JPY 0.
_MINOR_DIGITS = {currency.code: currency.exponent or 0 for currency in iso4217.Currency}


def is_currency(code: str) -> bool:
    """Is this an ISO 4217 code in use."""
    return code in _MINOR_DIGITS


def padded(amount: str, currency: str) -> str:
    """The amount with zeros up to the currency's minor digits; never rounded.

    Comes back as it is where it is no decimal text or the currency is unknown:
    the rules refuse it by its own name.
    """
    match = _DECIMAL.match(amount)
    if match is None:
        return amount
    missing = _MINOR_DIGITS.get(currency, 0) - len(match[1] or "")
    if missing <= 0:
        return amount
    return f"{amount}{'' if match[1] else '.'}{'0' * missing}"
