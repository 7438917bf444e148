"""What a single value of the contract may be; each kind with the rule it belongs to."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import NamedTuple

import iso4217

MAX_ID_BYTES = 255

Test = Callable[[str], bool]


class Kind(NamedTuple):
    """The rule that is broken where the test fails."""

    rule: str
    is_right: Test


_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_QUANTITY = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# ISO 4217, list one, as the package iso4217 ships it: SAR 2, KWD 3, JPY 0.
_MINOR_DIGITS = {currency.code: currency.exponent or 0 for currency in iso4217.Currency}


def has_minor_digits(amount: str, currency: str) -> bool:
    """Are the currency's minor digits printed; true where the currency is unknown."""
    _, _, fraction = amount.partition(".")
    return len(fraction) >= _MINOR_DIGITS.get(currency, 0)


def _is_clean(text: str) -> bool:
    return not any(sign < " " or sign == "\x7f" for sign in text)


def _is_clean_but_for_breaks(text: str) -> bool:
    return _is_clean(text.translate({9: None, 10: None, 13: None}))


def _is_id(text: str) -> bool:
    return _is_clean(text) and len(text.encode(errors="surrogatepass")) <= MAX_ID_BYTES


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return bool(at and _LOCAL_PART.fullmatch(local)) and all(map(_LABEL.fullmatch, labels))


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.datetime.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    # A link's scheme and something behind it; whether it can be opened is another question.
    scheme, divider, rest = text.partition("://")
    return (
        scheme in ("http", "https")
        and bool(divider and rest)
        and _is_clean(rest + " ")
        and (" " not in rest)
    )


def _matching(pattern: re.Pattern[str]) -> Test:
    return lambda text: pattern.fullmatch(text) is not None


def _one_of(*allowed: str) -> Test:
    return lambda text: text in allowed


_REMOVED = "deleted vanished erased withheld consent_withdrawn"
_PAYMENT = "Pending Authorized PartiallyPaid Paid PartiallyRefunded Refunded Voided Failed"

KINDS = {
    "id": Kind("ids", _is_id),
    "text": Kind("control-characters", _is_clean),
    "lines": Kind("control-characters", _is_clean_but_for_breaks),
    "email": Kind("emails", _is_email),
    "phone": Kind("phones", _matching(_PHONE)),
    "language": Kind("languages", _matching(_LANGUAGE)),
    "consent": Kind("consent-words", _one_of("Yes", "No")),
    "gender": Kind("gender-words", _one_of("Male", "Female")),
    "date": Kind("dates", _is_date),
    "amount": Kind("amounts", _matching(_AMOUNT)),
    "quantity": Kind("quantities", _matching(_QUANTITY)),
    "currency": Kind("currencies", _MINOR_DIGITS.__contains__),
    "country": Kind("countries", _matching(re.compile(r"[A-Z]{2}"))),
    "gtin": Kind("gtins", _matching(re.compile(r"[0-9]{8,14}"))),
    "url": Kind("urls", _is_url),
    "order status": Kind("status-words", _one_of("Open", "Completed", "Cancelled")),
    "payment status": Kind("status-words", _one_of(*_PAYMENT.split())),
    "fulfillment status": Kind("status-words", _one_of("Unfulfilled", "Partial", "Fulfilled")),
    "product status": Kind("status-words", _one_of("Active", "Hidden")),
    "availability": Kind("status-words", _one_of("InStock", "OutOfStock", "PreOrder")),
    "removed reason": Kind("removed-words", _one_of(*_REMOVED.split())),
    "condition": Kind("status-words", _one_of("New", "Refurbished", "Used")),
}
