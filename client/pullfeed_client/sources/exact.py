"""JSON read without losing a digit: a number is the very characters it was written in."""

from __future__ import annotations

import json
from typing import Any


class Number(str):
    """A JSON number as the characters it was written in."""

    __slots__ = ()


def loads(text: bytes | str) -> Any:
    """The JSON value. Raises ValueError where it is none, RecursionError where it is too deep."""
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def decoder() -> json.JSONDecoder:
    """Reads JSON as `loads` does, from any place in a text."""
    return json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
