"""What stands in a status of google.rpc."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf import message
from google.rpc import error_details_pb2, status_pb2

_Detail = TypeVar("_Detail", bound=message.Message)


def detail(status: status_pb2.Status, kind: type[_Detail]) -> _Detail | None:
    """The status's detail of this kind, None where it has none."""
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    return None


def reason(status: status_pb2.Status) -> str:
    """The name of its error reason."""
    info = detail(status, error_details_pb2.ErrorInfo)
    assert info is not None
    assert info.domain == "pullfeed"
    return info.reason
