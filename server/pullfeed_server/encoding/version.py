"""One put of one record, judged: ready to be stored, or with what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server.encoding import contract, dates, normal, rules, scopes

# A sender's own words are kept only where they cannot be a value of the record.
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}\Z")
_PATH = re.compile(r"[A-Za-z0-9_.\[\]]{1,128}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Good(NamedTuple):
    """A version that may be delivered, with both encodings. refused: its consent reads No."""

    id: str
    modified_us: int
    fingerprint: bytes
    proto: bytes
    json: bytes
    refused: bool = False


class Bad(NamedTuple):
    """A version that is withheld.

    id: empty where it has none that can be kept. modified_us: None where its
    date cannot be read, so that nothing can be older than it. consent: "Yes" or
    "No" of a customer where that can be read, else "". modified: the date as it
    would be delivered, "" where it cannot be read.
    """

    id: str
    modified_us: int | None
    violations: tuple[rules.Violation, ...]
    consent: str = ""
    modified: str = ""


def judge(record: record_pb2.Record, kind: scopes.Kind) -> Good | Bad:
    """The record normalised, checked and encoded. Changes the record in place."""
    inner = scopes.inner(record, kind)
    if inner is None:
        return Bad(_foreign_id(record), None, (rules.WRONG_SCOPE,))
    if inner.ByteSize() > rules.MAX_ENCODED_BYTES:
        # What nobody will get is not worth the time of normalising and judging it.
        return _bad(inner, kind, (rules.TOO_LARGE,))
    doubts = normal.normalise(inner)
    broken = rules.violations(inner, doubts)
    if broken:
        return _bad(inner, kind, tuple(broken))
    return _encoded(inner, kind)


def judged_again(proto: bytes, kind: scopes.Kind) -> Good | Bad:
    """A stored version, normalised, checked and encoded by the rules of now."""
    record = record_pb2.Record()
    getattr(record, kind.name).ParseFromString(proto)
    return judge(record, kind)


def rendered(kind: scopes.Kind, proto: bytes) -> bytes:
    """The JSON of a stored version."""
    return contract.to_json(kind.message.FromString(proto))


def unreadable(row: record_service_pb2.UnreadableRecord, kind: scopes.Kind) -> Bad:
    """What a loader could not turn into a record, as a withheld version."""
    told = [(row.field, row.reason), *((more.field, more.reason) for more in row.more)]
    broken = dict.fromkeys(_violation(*one) for one in told[: rules.MAX_TOLD])
    record_id = row.id.strip()
    return Bad(
        record_id if _is_keepable(record_id) else "",
        None,
        tuple(broken),
        normal.consent(row.consent) if kind.has_consent else "",
    )


def refusing(kind: scopes.Kind, proto: bytes, modified: str) -> Good | None:
    """A stored version with consent No. modified: its new date, "" to keep its own.

    None where that is too large to be delivered.
    """
    inner = kind.message.FromString(proto)
    assert isinstance(inner, record_pb2.Customer)  # noqa: S101 - only customers consent
    inner.consent = normal.NO
    inner.last_modified_date = modified or inner.last_modified_date
    encoded = _encoded(inner, kind)
    return encoded if isinstance(encoded, Good) else None


def _encoded(inner: scopes.Message, kind: scopes.Kind) -> Good | Bad:
    proto = inner.SerializeToString(deterministic=True)
    json = contract.to_json(inner)
    if max(len(proto), len(json)) > rules.MAX_ENCODED_BYTES:
        return _bad(inner, kind, (rules.TOO_LARGE,))
    record_id: str = getattr(inner, kind.id_field)
    modified_us = dates.microseconds(inner.last_modified_date)
    fingerprint = hashlib.blake2b(proto, digest_size=16).digest()
    return Good(record_id, modified_us, fingerprint, proto, json, _consent(inner) == normal.NO)


def _bad(inner: scopes.Message, kind: scopes.Kind, broken: tuple[rules.Violation, ...]) -> Bad:
    modified = dates.to_utc(inner.last_modified_date.strip()) or ""
    modified_us = dates.microseconds(modified) if modified else None
    return Bad(_usable_id(inner, kind), modified_us, broken, _consent(inner), modified)


def _consent(inner: scopes.Message) -> str:
    return normal.consent(inner.consent) if isinstance(inner, record_pb2.Customer) else ""


def _violation(field: str, reason: str) -> rules.Violation:
    return rules.Violation(
        field if _PATH.match(field) else "", reason if _CODE.match(reason) else "UNREADABLE"
    )


def _foreign_id(record: record_pb2.Record) -> str:
    for kind in scopes.KINDS.values():
        inner = scopes.inner(record, kind)
        if inner is not None:
            return _usable_id(inner, kind)
    return ""


def _is_keepable(record_id: str) -> bool:
    return len(record_id.encode()) <= rules.MAX_ID_BYTES and _CONTROL.search(record_id) is None


def _usable_id(inner: scopes.Message, kind: scopes.Kind) -> str:
    record_id: str = getattr(inner, kind.id_field).strip()
    return record_id if _is_keepable(record_id) else ""
