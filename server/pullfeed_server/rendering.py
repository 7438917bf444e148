"""JSON as this core writes it, from rows that an older or a newer one wrote."""

from __future__ import annotations

from pullfeed_server import encoding
from pullfeed_server.encoding import scopes, tombstone, version
from pullfeed_server.store import Transaction, rows


def is_current(feed: rows.FeedRow) -> bool:
    """Has every row of the feed this core's form, so that a page is joined as it is stored."""
    return feed.oldest_encoding == feed.newest_encoding == encoding.VERSION


def page(
    tx: Transaction, shop: str, scope: int, list: int, after: int, limit: int
) -> rows.PageRows:
    """What Records.page_json would tell, had this core written every row."""
    # One row more than asked tells whether a next page exists, as in page_proto.
    found = tx.records.stored(shop, scope, list, after, limit + 1)
    kept = found[:limit]
    if not kept:
        return rows.PageRows([], 0, after, has_next=False)
    bodies = [_current(scope, list, stored) for stored in kept]
    return rows.PageRows(
        [b",".join(bodies)], len(kept), kept[-1].row.position, has_next=len(found) > limit
    )


def rendered(scope: int, list: int, proto: bytes) -> bytes:
    """The JSON of a stored row."""
    kind = scopes.KINDS[scope]
    render = tombstone.rendered if list == rows.REMOVED else version.rendered
    return render(kind, proto)


def _current(scope: int, list: int, stored: rows.EncodedRow) -> bytes:
    if stored.encoding == encoding.VERSION:
        return stored.row.json
    return rendered(scope, list, stored.row.proto)
