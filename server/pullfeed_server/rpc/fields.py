"""The fields of a message's bytes, counted without reading the message."""

from __future__ import annotations

_VARINT, _FIXED64, _BYTES, _GROUP, _END_GROUP, _FIXED32 = range(6)
_WIDTHS = {_FIXED64: 8, _GROUP: 0, _END_GROUP: 0, _FIXED32: 4}


def are_more_than(encoded: bytes, most: int) -> bool:
    """Has the message more fields at its top; stops counting there.

    False too where the bytes break off or are no message: reading them tells.
    Source: protobuf.dev/programming-guides/encoding.
    """
    at = count = 0
    try:
        while at < len(encoded):
            count += 1
            if count > most:
                return True
            at = _behind(encoded, at)
    except (IndexError, KeyError):
        pass
    return False


def _behind(encoded: bytes, at: int) -> int:
    """Where the field ends that begins here. Raises IndexError, KeyError."""
    tag, at = _varint(encoded, at)
    kind = tag & 7
    if kind == _VARINT:
        return _varint(encoded, at)[1]
    if kind == _BYTES:
        length, at = _varint(encoded, at)
        return at + length
    return at + _WIDTHS[kind]


def _varint(encoded: bytes, at: int) -> tuple[int, int]:
    """The number that begins here, and where it ends. Raises IndexError."""
    value = shift = 0
    while True:
        byte = encoded[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80 or shift > 63:
            return value, at
        shift += 7
