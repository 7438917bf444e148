"""What the core would say of a row, and whether the client's audit says the same."""

from __future__ import annotations

from collections.abc import Iterable

from pullfeed.v1 import record_service_pb2
from pullfeed_client import messages, scopes
from pullfeed_client.audit import tally
from pullfeed_client.sources import files
from pullfeed_server.encoding import scopes as server_scopes
from pullfeed_server.encoding import version


def core_says(row: files.Row, kind: scopes.Kind) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Id and violations as the core keeps them; no violations where it delivers."""
    request = record_service_pb2.PutRecordsRequest()
    try:
        messages.add(request, row, kind)
    except messages.Unreadable as error:
        unread = record_service_pb2.UnreadableRecord(
            id=messages.id_of(row, kind),
            field=error.field,
            reason=error.reason,
            more=[record_service_pb2.Violation(field=f, reason=r) for f, r in error.more],
        )
        return _kept(version.unreadable(unread, server_scopes.KINDS[int(kind.scope)]))
    return _kept(version.judge(request.records[0], server_scopes.KINDS[int(kind.scope)]))


def core_makes(row: files.Row, kind: scopes.Kind) -> bytes | tuple[tuple[str, str], ...]:
    """The row's record as importers get it, or why it is withheld."""
    request = record_service_pb2.PutRecordsRequest()
    try:
        messages.add(request, row, kind)
    except messages.Unreadable:
        return core_says(row, kind)[1]
    judged = version.judge(request.records[0], server_scopes.KINDS[int(kind.scope)])
    return judged.json if isinstance(judged, version.Good) else _kept(judged)[1]


def assert_agree(rows: Iterable[files.Row], kind: scopes.Kind) -> int:
    """Both say the same of every row; gives how many are withheld."""
    withheld = 0
    for row in rows:
        record_id, expected = core_says(row, kind)
        judgement = tally.judged(row, kind)
        assert judgement.id == record_id, (row.line, expected)
        assert sorted(map(tuple, judgement.broken)) == sorted(expected), row.line
        withheld += bool(expected)
    return withheld


def _kept(judged: version.Good | version.Bad) -> tuple[str, tuple[tuple[str, str], ...]]:
    if isinstance(judged, version.Good):
        return judged.id, ()
    return judged.id, tuple((broken.field, broken.reason) for broken in judged.violations)
