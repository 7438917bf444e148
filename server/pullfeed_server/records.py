"""Puts and deletes: judged outside the transaction, decided and stored inside."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from pullfeed.v1 import record_pb2, record_service_pb2
from pullfeed_server import clock, epochs, errors, intake, paging
from pullfeed_server.encoding import normal, scopes, tombstone, version
from pullfeed_server.store import Store, Transaction, rows

MAX_BATCH = 1000


class Batch(NamedTuple):
    """A put of one shop and scope. unreadable counts on behind records."""

    shop: str
    scope: int
    records: Sequence[record_pb2.Record]
    unreadable: Sequence[record_service_pb2.UnreadableRecord]
    force: bool


class Removals(NamedTuple):
    """A delete of one shop and scope. removed_us: None for now."""

    shop: str
    scope: int
    ids: Sequence[str]
    removed_us: int | None
    force: bool
    reason: str = tombstone.DELETED


class PutOutcome(NamedTuple):
    """What became of each version of a batch, in its order."""

    versions: list[version.Good | version.Bad]
    outcomes: list[str]


class Records:
    """Takes a shop's records in."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, batch: Batch) -> PutOutcome:
        """Stores a batch, one record after the other; durable when it returns.

        Raises BatchSize.
        """
        if not 1 <= len(batch.records) + len(batch.unreadable) <= MAX_BATCH:
            raise errors.BatchSize
        kind = scopes.KINDS[batch.scope]
        versions = [version.judge(record, kind) for record in batch.records]
        versions += [version.unreadable(row, kind) for row in batch.unreadable]
        outcomes = self._store.write(lambda tx: _put(tx, batch, versions))
        return PutOutcome(versions, outcomes)

    def delete(self, removals: Removals) -> list[str]:
        """Removes ids, leaving tombstones; what became of each. Durable when it returns.

        Raises ShopNotFound.
        """
        return self._store.write(lambda tx: _delete(tx, removals))

    def ids(self, shop: str, scope: int, page_size: int, page_token: str) -> paging.Page[str]:
        """Ids in the feed or withheld, in their order. Raises FieldInvalid, ShopNotFound."""
        after = paging.read(page_token)

        def work(tx: Transaction) -> paging.Page[str]:
            epochs.of(tx, shop, scope)
            found = tx.records.ids(shop, scope, after, page_size + 1)
            return paging.cut(found, page_size, lambda last: last)

        return self._store.read(work)


def _put(
    tx: Transaction, batch: Batch, versions: Sequence[version.Good | version.Bad]
) -> list[str]:
    now_us = clock.now_us()
    feed = tx.feeds.lock(batch.shop, batch.scope)
    ids = list({put.id for put in versions if put.id})
    if feed.held:
        tx.holds.release(batch.shop, batch.scope, ids)
    standings = tx.records.standings(batch.shop, batch.scope, ids)
    kind = scopes.KINDS[batch.scope]
    taken = intake.Intake(
        standings,
        now_us,
        force=batch.force,
        protos=_last_good(tx, batch, versions),
        refusing=functools.partial(version.refusing, kind),
    )
    outcomes = [taken.put(put) for put in versions]
    keep(tx, batch.shop, batch.scope, feed.position, taken.changes())
    return outcomes


def _last_good(
    tx: Transaction, batch: Batch, versions: Sequence[version.Good | version.Bad]
) -> dict[str, bytes]:
    """What stands in the feed of those whose invalid version refuses consent."""
    refused = {
        put.id for put in versions if isinstance(put, version.Bad) and put.consent == normal.NO
    }
    return tx.records.protos(batch.shop, batch.scope, list(refused)) if refused else {}


def _delete(tx: Transaction, removals: Removals) -> list[str]:
    # Only a put makes a shop.
    if not tx.feeds.has_shop(removals.shop):
        raise errors.ShopNotFound
    now_us = clock.now_us()
    feed = tx.feeds.lock(removals.shop, removals.scope)
    # As a put trims them: who sends an id with a blank deletes it with one.
    ids = [record_id.strip() for record_id in removals.ids]
    if feed.held:
        tx.holds.release(removals.shop, removals.scope, ids)
    standings = tx.records.standings(removals.shop, removals.scope, list(dict.fromkeys(ids)))
    taken = intake.Intake(standings, now_us, force=removals.force)
    asked = [intake.Removal(record_id, removals.removed_us, removals.reason) for record_id in ids]
    outcomes = [taken.delete(removal) for removal in asked]
    keep(tx, removals.shop, removals.scope, feed.position, taken.changes())
    return outcomes


def keep(tx: Transaction, shop: str, scope: int, position: int, changes: intake.Changes) -> None:
    """Stores what was decided under the feed's lock. position: of its last change before."""
    records: list[rows.RecordRow] = []
    tombstones: list[rows.TombstoneRow] = []
    for next_position, placed in enumerate(changes.placed, position + 1):
        if isinstance(placed, version.Good):
            records.append(rows.RecordRow(placed.id, next_position, *placed[1:]))
        else:
            tombstones.append(_encoded(placed, scope, next_position))
    tx.records.put(shop, scope, records)
    tx.records.remove(shop, scope, tombstones)
    tx.records.release(shop, scope, changes.released)
    tx.records.withhold(shop, scope, changes.withheld)
    if changes.placed:
        tx.feeds.set_position(shop, scope, position + len(changes.placed))


def _encoded(row: rows.TombstoneRow, scope: int, position: int) -> rows.TombstoneRow:
    # Written once, read many, like a record.
    proto, json = tombstone.encoded(scopes.KINDS[scope], row.id, row.removed_us, row.reason)
    return row._replace(position=position, proto=proto, json=json)
