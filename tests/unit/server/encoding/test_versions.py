"""What must not change without its version being raised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from google.protobuf import descriptor, message

from buf.validate import validate_pb2
from pullfeed.v1 import record_pb2
from pullfeed_server import encoding

# Version of the rules → what they are. Another one goes here with a version of its own.
_RULES = {1: "32976bec248669f0"}


def _rules(kind: descriptor.Descriptor) -> Iterator[str]:
    yield _told(kind.full_name, kind.GetOptions().Extensions[validate_pb2.message])
    for field in kind.fields:
        yield _told(field.full_name, field.GetOptions().Extensions[validate_pb2.field])


def _told(name: str, options: message.Message) -> str:
    return f"{name} {options.SerializeToString(deterministic=True).hex()}"


def test_rules_do_not_change_without_their_version() -> None:
    kinds = record_pb2.DESCRIPTOR.message_types_by_name.values()
    told = "\n".join(line for kind in kinds for line in _rules(kind))
    assert _RULES[encoding.RULES] == hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
