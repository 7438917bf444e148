"""What becomes of the ids that a full comparison did not find in the source."""

from __future__ import annotations

from typing import NamedTuple

import grpc

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_client import connection, puts
from pullfeed_client.sync import roll, state

_LISTED_AT_ONCE, _REMOVED_AT_ONCE = 10_000, 1_000
_VANISHED = record_pb2.REMOVED_REASON_VANISHED


class Threshold(NamedTuple):
    """Above which a removal waits for a person: more than so many, and more than this share."""

    records: int = 10
    percent: float = 5.0

    def is_passed(self, count: int, total: int) -> bool:
        """Are these too many of so many to vanish unseen."""
        return count > self.records and count * 100 > total * self.percent


class Removed(NamedTuple):
    """How many vanished records were removed, and how many are held instead."""

    removed: int = 0
    held: int = 0


def list_ids(core: connection.Core, target: puts.Target, known: roll.Roll) -> None:
    """Puts the ids that the core has of a feed on the roll; of an unknown shop none."""
    request = record_service_pb2.ListIdsRequest(
        shop=target.shop, scope=target.kind.scope, page_size=_LISTED_AT_ONCE
    )
    while True:
        try:
            answer = core.records.ListIds(
                request, metadata=core.metadata, timeout=connection.CALL_S
            )
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return
            raise
        known.add(answer.ids)
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def remove(
    core: connection.Core, target: puts.Target, known: roll.Roll, memory: state.Memory
) -> Removed:
    """Removes what vanished."""
    removed = 0
    for ids in known.vanished(_REMOVED_AT_ONCE):
        request = record_service_pb2.DeleteRecordsRequest(
            shop=target.shop, scope=target.kind.scope, ids=ids, reason=_VANISHED
        )
        answer = core.records.DeleteRecords(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        memory.forget(ids)
        removed += answer.removed_count
    _let_go(core, target)
    return Removed(removed=removed)


def hold(core: connection.Core, target: puts.Target, known: roll.Roll) -> Removed:
    """Has the core hold what vanished, in the place of what it held before."""
    held = 0
    for number, ids in enumerate(known.vanished(_REMOVED_AT_ONCE)):
        request = record_service_pb2.HoldRemovalsRequest(
            shop=target.shop,
            scope=target.kind.scope,
            ids=ids,
            reason=_VANISHED,
            replace=number == 0,
        )
        answer = core.records.HoldRemovals(
            request, metadata=core.metadata, timeout=connection.CALL_S
        )
        held = answer.held_count
    return Removed(held=held)


def _let_go(core: connection.Core, target: puts.Target) -> None:
    """Ends a hold: what it still has is in the source again, and need not have been put."""
    request = record_service_pb2.DiscardHeldRequest(shop=target.shop, scope=target.kind.scope)
    core.records.DiscardHeld(request, metadata=core.metadata, timeout=connection.CALL_S)
