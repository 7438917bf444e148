"""An import that can be trusted: each page is stored and noted before it is committed."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Callable
from typing import Literal

from pullfeed_client.importer import contract, copy, state, transport, walk

Commit = Literal["each", "end", "never"]
Seen = Callable[[walk.Page], None]


@dataclasses.dataclass(frozen=True)
class Order:
    """What to import, and how. out: the copy. state_file: where an unfinished import stands.

    None for either keeps nothing.
    """

    scope: contract.Scope
    shop: str
    mode: walk.Mode
    page_size: int
    commit: Commit
    out: pathlib.Path | None = None
    state_file: pathlib.Path | None = None

    @property
    def feed(self) -> walk.Feed:
        return walk.Feed(self.scope.path, self.shop)


def run(way: transport.Transport, order: Order, seen: Seen = lambda _: None) -> state.State:
    """Imports to the end, from where the state file says; what it came to.

    seen: called with each page once it is stored. The state file is gone when
    all is done. Raises Refused, Broken, Unreachable, Unreadable and OSError.
    """
    stands = _begin(order)
    with copy.opened(order.out, stands.size) as kept:
        # Nobody knows whether the last commit before a kill was heard.
        if stands.token and order.commit == "each":
            _commit(way, order, stands)
        for page in walk.pages(way, order.feed, order.mode, order.page_size, stands.place):
            _store(kept, order, stands, page)
            seen(page)
            if order.commit == "each" or (order.commit == "end" and not page.has_next_page):
                _commit(way, order, stands)
    if order.state_file:
        order.state_file.unlink(missing_ok=True)
    return stands


def _begin(order: Order) -> state.State:
    fresh = state.State(order.shop, order.feed.path, order.mode, order.page_size)
    return state.load(order.state_file, fresh) if order.state_file else fresh


def _store(kept: copy.Copy, order: Order, stands: state.State, page: walk.Page) -> None:
    """Stores a page, then notes that it is stored: a kill between the two stores it again."""
    stands.size = kept.add(page.records)
    stands.pages += 1
    stands.records += len(page.records)
    stands.token = page.commit_token
    _judge(order.scope, stands, page)
    # The last page is asked for again where its commit was not heard.
    if page.has_next_page:
        stands.place = walk.following(order.mode, page)
        if order.state_file:
            state.save(order.state_file, stands)


def _judge(scope: contract.Scope, stands: state.State, page: walk.Page) -> None:
    broken = collections.Counter(stands.invalid)
    for record in page.records:
        rules = {found.rule for found in contract.violations(scope, record)}
        stands.invalid_records += bool(rules)
        broken.update(rules)
    stands.invalid = dict(broken)


def _commit(way: transport.Transport, order: Order, stands: state.State) -> None:
    if not stands.token:
        raise walk.Broken(
            f"page {stands.pages} came without X-Commit-Token, so it cannot be committed"
        )
    stands.position = walk.commit_token(way, order.feed, stands.token).position
    stands.commits += 1
