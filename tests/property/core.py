"""The services of a core on a store of its own, called without a wire."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests import factories
from tests.property import gate, model, server

from pullfeed.v1 import record_pb2
from pullfeed_server import (
    clock,
    commits,
    erasures,
    feed,
    journal,
    keys,
    ledger,
    notices,
    records,
    rewinds,
    sender,
    tokens,
    ways,
)
from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.sql import SqlStore

SCOPE = record_pb2.SCOPE_CUSTOMER
LISTS = (rows.RECORDS, rows.REMOVED)
SECRETS = [b"a secret of thirty-two characters"]
# 2026-01-01T00:00:00Z
BEGIN_US = 1_767_225_600_000_000
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
# Within reach of a case, in which minutes pass.
GIVE_UP_US = 5 * MINUTE_US


class Asked(NamedTuple):
    """A page as it is asked for. page_size and since_us name the walk; cursor: "" by number."""

    list: int
    page: int
    page_size: int
    since_us: int = 0
    cursor: str = ""


class Answer(NamedTuple):
    """A page as an importer sees it, and the end of it that its token holds.

    versions: (id, version) of records, (id, reason) of the removed. walk: as its token names it.
    request: its number, one for each request that is sent.
    """

    versions: list[tuple[str, str]]
    has_next: bool
    cursor: str
    page: int
    token: str
    end: int
    walk: int
    report_handover: bool
    request: int


class Core:
    """Restarts on the same database; its clock stands still until it is moved."""

    def __init__(self, url: str, folder: pathlib.Path) -> None:
        """folder: where the journal of erasures lies."""
        self._url = url
        self._journal = journal.Journal(folder / "erasures.jsonl")
        self.server = server.Server()
        self.requests = itertools.count(1)
        self._real_clock: Callable[[], int] = clock.now_us
        self.now_us = BEGIN_US
        clock.now_us = lambda: self.now_us
        self._restarts = 0
        self.store = gate.GatedStore(SqlStore(self._url))
        self._serve()

    def restart(self) -> None:
        """As after a crash: nothing in memory is kept.

        Opening the file anew takes a while, so that is done now and then only.
        """
        self._restarts += 1
        if self._restarts % 16 == 0:
            self.store.close()
            self.store = gate.GatedStore(SqlStore(self._url))
        self._serve()
        # As a sender does that starts.
        self.store.write(lambda tx: tx.outbox.release())

    def close(self) -> None:
        clock.now_us = self._real_clock
        self.store.close()

    def _serve(self) -> None:
        self._tokens = tokens.Tokens(SECRETS)
        self._feeds = feed.Feeds(self.store, self._tokens)
        self._commits = commits.Commits(self.store, self._tokens)
        self._rewinds = rewinds.Rewinds(self.store)
        self._records = records.Records(self.store)
        self._erasures = erasures.Erasures(self.store, self._journal)
        self._handovers = ways.Handovers(self.store, self._tokens)
        self._sender = sender.Sender(self.store, self.server, GIVE_UP_US, is_alone=True)
        self.notices = notices.Notices(self.store)
        self.keys = keys.Keys(self.store)
        self._ledger = ledger.Ledger(self.store, self.keys)

    def put(self, shop: str, batch: Sequence[model.Put]) -> list[str]:
        taken = records.Batch(shop, SCOPE, [_record(put) for put in batch], [], force=False)
        return self._records.put(taken).outcomes

    def delete(self, shop: str, ids: Sequence[str], minute: int) -> list[str]:
        removed_us = BEGIN_US + minute * MINUTE_US
        return self._records.delete(records.Removals(shop, SCOPE, ids, removed_us, force=False))

    def erase(self, shop: str, ids: Sequence[str]) -> int:
        return self._erasures.erase(shop, SCOPE, ids).erased

    def lift(self, shop: str, ids: Sequence[str]) -> int:
        return self._erasures.lift(shop, SCOPE, ids)

    def fetch(self, shop: str, importer: str, asked: Asked) -> Answer:
        order = feed.Order(
            importer,
            shop,
            SCOPE,
            asked.list,
            asked.cursor,
            asked.page,
            asked.page_size,
            as_json=False,
            request_id=str(request := next(self.requests)),
            since_us=asked.since_us,
        )
        found = self._feeds.fetch(order)
        owner = tokens.Feed(importer, shop, SCOPE, asked.list)
        end = self._tokens.read_commit_token(owner, found.commit_token)
        version = _version if asked.list == rows.RECORDS else _tombstone
        return Answer(
            [version(body) for body in found.bodies],
            found.has_next,
            found.cursor,
            found.page,
            found.commit_token,
            end.position,
            end.walk,
            found.report_handover,
            request,
        )

    def hand_over(self, shop: str, importer: str, list: int, token: str) -> None:
        """Reports that an answer left."""
        self._handovers.report(tokens.Feed(importer, shop, SCOPE, list), token)

    def send_due(self) -> int:
        """Tells importers' servers what is due; the number of calls."""
        return self._sender.send_due()

    def waiting(self, shop: str) -> list[rows.NoticeRow]:
        """The notices of a shop that are not done, or not handed over."""
        found = self.notices.waiting(shop, "", 1000, "", only_dead=False)
        return [notice for _, notice in found.items]

    def commit(
        self,
        shop: str,
        importer: str,
        list: int = rows.RECORDS,
        *,
        commit_token: str = "",
        cursor: str = "",
        page: int = 0,
        page_size: int = 0,
        since_us: int = 0,
    ) -> commits.Standing:
        return self._commits.commit(
            commits.Claim(
                importer, shop, SCOPE, list, commit_token, cursor, page, page_size, since_us
            )
        )

    def rewind(self, shop: str, importer: str, list: int, to_us: int | None) -> tuple[int, int]:
        return self._rewinds.rewind(rewinds.Rewind(importer, shop, SCOPE, list, to_us))

    def given_up(self, shop: str) -> list[tuple[rows.OutboxKey, rows.NoticeRow]]:
        """The notices that wait for an operator."""
        return self.notices.waiting(shop, "", 1000, "", only_dead=True).items

    def committed(self, shop: str, importer: str) -> dict[int, int]:
        """An importer's committed position in each list."""

        def work(tx: Transaction) -> dict[int, int]:
            found = {kind: tx.commits.get(shop, SCOPE, kind, importer) for kind in LISTS}
            return {kind: known.position if known else 0 for kind, known in found.items()}

        return self.store.read(work)

    def position(self, shop: str) -> int:
        found = self.store.read(lambda tx: tx.feeds.get(shop, SCOPE))
        return 0 if found is None else found.position

    def withheld(self, shop: str) -> set[str]:
        return {row.id for row in self._ledger.withheld(shop, SCOPE, "", 1000, "").rows}


def _record(put: model.Put) -> record_pb2.Record:
    """The version stands in the first name."""
    return factories.record(
        factories.customer(
            customer_id=put.id,
            first_name=put.version if put.valid else "\0",
            consent=put.consent or "perhaps",
            last_modified_date="soon" if put.minute is None else _date(put.minute),
        )
    )


def _date(minute: int) -> str:
    """So many minutes after the beginning; a case lasts less than a day."""
    return f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z"


def _version(body: bytes) -> tuple[str, str]:
    customer = record_pb2.Customer.FromString(body)
    return customer.customer_id, model.with_consent(customer.first_name, customer.consent)


def _tombstone(body: bytes) -> tuple[str, str]:
    removed = record_pb2.RemovedRecord.FromString(body)
    reason = record_pb2.RemovedReason.Name(removed.reason)
    return removed.id, reason.removeprefix("REMOVED_REASON_").lower()
