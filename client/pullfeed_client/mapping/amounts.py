"""Amounts as decimal text: cleaned up, shifted, rounded only where the mapping says so."""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable

from pullfeed_client.mapping import spec
from pullfeed_client.mapping.steps import Step, Unfit

# Enough for any product of two amounts of the contract.
_EXACT = decimal.Context(prec=60, traps=[decimal.InvalidOperation, decimal.Inexact])
_ROUNDING = decimal.Context(prec=60, rounding=decimal.ROUND_HALF_UP)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?\Z", re.ASCII)


def clean(written: spec.Decimal) -> Step:
    """Text like "$1,299.00 " as "1299.00". Raises Unfit: BAD_DECIMAL.

    Thousands must stand in groups of three: "1,29" is no number with a group.
    """
    point, group = re.escape(written.point), re.escape(written.group)
    whole = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d+" if group else r"\d+"
    pattern = re.compile(rf"([+-]?)\s*({whole})(?:{point}(\d+))?\Z", re.ASCII)

    def step(text: str) -> str:
        for unit in written.strip:
            text = text.replace(unit, "")
        match = pattern.match(text.strip())
        if match is None:
            raise Unfit("BAD_DECIMAL")
        sign, digits, fraction = match.groups()
        digits = digits.replace(written.group, "") if group else digits
        return f"{'-' if sign == '-' else ''}{digits}{'.' + fraction if fraction else ''}"

    return step


def shift(places: int) -> Step:
    """The amount with its point moved; -2 makes 1250 into 12.50. Raises Unfit: BAD_DECIMAL."""

    def step(text: str) -> str:
        return plain(_EXACT.scaleb(number(text), places))

    return step


def rounded(places: int) -> Step:
    """The amount with so many fraction digits, half away from zero. Raises Unfit: BAD_DECIMAL."""
    unit = decimal.Decimal(1).scaleb(-places)

    def step(text: str) -> str:
        return plain(_ROUNDING.quantize(number(text), unit))

    return step


def number(text: str) -> decimal.Decimal:
    """The amount as a number. Raises Unfit: BAD_DECIMAL."""
    if not _PLAIN.match(text) or len(text) > 40:
        raise Unfit("BAD_DECIMAL")
    return decimal.Decimal(text)


def product(factors: Iterable[str]) -> str:
    """The product, exact. Raises Unfit: BAD_DECIMAL."""
    result = decimal.Decimal(1)
    for factor in factors:
        result = _EXACT.multiply(result, number(factor))
    return plain(result)


def total(amounts: Iterable[str]) -> str:
    """The sum, exact. Raises Unfit: BAD_DECIMAL."""
    result = decimal.Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, number(amount))
    return plain(result)


def plain(value: decimal.Decimal) -> str:
    """The number without an exponent; zero without a sign."""
    return format(abs(value) if value.is_zero() else value, "f")
