"""The three ways to commit: what asking for a page and handing it over do in each."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pullfeed_server import clock, commits, importers, outbox, tokens
from pullfeed_server.encoding import scopes
from pullfeed_server.store import Store, Transaction, rows

_LISTS = {rows.RECORDS: "records", rows.REMOVED: "removed"}


class Served(NamedTuple):
    """A page that is about to be answered.

    before: the end of the page that must have been read to ask for this one; None
    of a first page. cursor: as it was asked, "" by number.
    """

    owner: tokens.Feed
    before: tokens.Point | None
    point: tokens.Point
    record_count: int
    cursor: str
    request_id: str


class Handovers:
    """Takes reports that answers were handed over."""

    def __init__(self, store: Store, signed: tokens.Tokens) -> None:
        self._store = store
        self._tokens = signed

    def report(self, owner: tokens.Feed, commit_token: str) -> None:
        """Does what follows for the importer. Raises TokenInvalid, TokenForeign, TokenExpired."""
        point = self._tokens.read_commit_token(owner, commit_token)
        self._store.write(lambda tx: _hand_over(tx, owner, point))


def is_silent(way: str) -> bool:
    """Does asking for a page write nothing."""
    return way == importers.BY_IMPORTER


def is_reported(way: str, served: Served) -> bool:
    """Should the handover of the page's answer be reported."""
    confirms = way == importers.BY_NEXT_PAGE and served.point.is_last
    return (confirms or way == importers.BY_NOTIFY) and _can_confirm(served)


def serve(tx: Transaction, way: str, served: Served) -> None:
    """Confirms the page before, or keeps a notice of this one."""
    if way == importers.BY_NEXT_PAGE and served.before is not None:
        commits.confirm(tx, served.owner, served.before)
    if way != importers.BY_NOTIFY:
        return
    tx.feeds.keep_open(served.owner.shop)
    now_us = clock.now_us()
    if served.before is not None:
        outbox.hand_over(tx, served.owner, served.before.walk, served.before.page, now_us)
    if _can_confirm(served):
        outbox.hold(tx, served.owner, _notice(served, now_us))


def _hand_over(tx: Transaction, owner: tokens.Feed, point: tokens.Point) -> None:
    way = tx.keys.commit_way(owner.importer)
    if way == importers.BY_NEXT_PAGE and point.is_last:
        commits.confirm(tx, owner, point)
    if way == importers.BY_NOTIFY:
        tx.feeds.keep_open(owner.shop)
        outbox.hand_over(tx, owner, point.walk, point.page, clock.now_us())


def _can_confirm(served: Served) -> bool:
    """An empty first page does not: who asks for news every minute is not told of none."""
    return served.record_count > 0 or served.point.page > 1


def _notice(served: Served, now_us: int) -> rows.NoticeRow:
    point = served.point
    return rows.NoticeRow(
        notice=outbox.new_number(),
        walk=point.walk,
        page=point.page,
        page_size=point.page_size,
        epoch=point.epoch,
        generation=point.generation,
        covered_from=point.covered_from,
        position=point.position,
        served=point.served,
        is_last=point.is_last,
        record_count=served.record_count,
        body=_body(served),
        served_us=now_us,
        state=rows.HELD,
        ordinal=0,
        attempts=0,
        outcome="",
        first_call_us=0,
        next_us=rows.NEVER,
    )


def _body(served: Served) -> bytes:
    """What every call of the notice says, byte for byte."""
    owner = served.owner
    asked = {"cursor": served.cursor} if served.cursor else {"page": served.point.page}
    return orjson.dumps(
        {
            "shop": owner.shop,
            "scope_id": owner.scope,
            "scope": scopes.KINDS[owner.scope].name,
            "list": _LISTS[owner.list],
            **asked,
            "page_size": served.point.page_size,
            "record_count": served.record_count,
            "request_id": served.request_id,
        }
    )
