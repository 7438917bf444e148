"""Values of a typed source as JSON has them: ISO 8601 dates, numbers with all their digits."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, cast

from pullfeed_client.sources import exact


def texts(value: Any) -> Any:
    """The value and all in it; what JSON has no kind for becomes the text it is written as."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return {str(name): texts(item) for name, item in fields.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [texts(item) for item in cast("list[object]", value)]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return exact.Number(format(value, "f"))
    if isinstance(value, (int, float)):
        return exact.Number(repr(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", value)).decode(errors="surrogateescape")
    return str(value)
