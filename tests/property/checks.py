"""What must hold of every page, every whole walk and every commit."""

from __future__ import annotations

from hypothesis import event
from tests.property import core, importers, model

from pullfeed_server.store import rows

# A walk from a time may begin so much earlier: times are noted by the minute, and one is spared.
EARLY_US = 2 * core.MINUTE_US


def page(asked: core.Asked, answer: core.Answer, before: model.Snapshot) -> None:
    """A page is a piece of the list as it was when it was read, full unless at its end."""
    size = len(answer.versions)
    begin = before.order.index(answer.versions[0]) if size else len(before.order)
    assert answer.versions == before.order[begin : begin + size]
    assert answer.has_next == (begin + size < len(before.order))
    assert size == asked.page_size or not answer.has_next
    assert bool(answer.cursor) == answer.has_next
    if asked.since_us:
        oldest_us = min((before.stored_us[key] for key, _ in answer.versions), default=None)
        assert oldest_us is None or oldest_us > asked.since_us - EARLY_US


def complete(importer: importers.Importer, walk: importers.Walk, before: model.Snapshot) -> None:
    """Nothing is lost: all that was in the list at the last read came in its newest form."""
    from_commit = importer.from_commit and not walk.since_us
    for record_id, version in before.order:
        if before.stored_us[record_id] < walk.since_us:
            continue
        if not from_commit:
            has_it = walk.got.get(record_id) == version
        elif walk.list == rows.RECORDS:
            has_it = importer.applied.get(record_id) == version
        else:
            has_it = record_id not in importer.applied
        assert has_it or _may_lose(importer), f"{importer.name} misses {record_id} {version}"


def copied(importer: importers.Importer, feed: model.Feed) -> None:
    """The copy is the feed, but for what an importer may lose that confirms by asking."""
    lost = set(importer.applied.items()) ^ set(feed.held().items())
    # A walk from the beginning brings what an earlier one has lost.
    may_lose = importer.from_commit and _may_lose(importer)
    assert not lost or may_lose, f"{importer.name} has not: {lost}"
    if may_lose:
        importers.LOST[bool(lost)] += 1
        event(f"next_page has lost {len({record_id for record_id, _ in lost})}")


def _may_lose(importer: importers.Importer) -> bool:
    """Asking confirms what was answered, whether the answer came or not."""
    return importer.way == importers.BY_NEXT_PAGE and importer.is_cut


def committed(feed: model.Feed, importer: importers.Importer) -> None:
    """What is confirmed was served, and is kept for good but where asking for more confirms it."""
    is_by_asking = importer.way == importers.BY_NEXT_PAGE
    for key, version in feed.held(importer.committed[rows.RECORDS]).items():
        assert (key, version) in importer.served, f"{key} was confirmed and never served"
        has_it = importer.durable.get(key) == version
        assert has_it or is_by_asking, f"{key} was confirmed and is not kept"
    for key, reason in feed.removed(importer.committed[rows.REMOVED]).items():
        assert (key, reason) in importer.served, f"{key} was confirmed and never served"
        has_it = key in importer.durable
        assert not has_it or is_by_asking, f"{key} was confirmed as removed and is kept"


def uncommitted(
    feed: model.Feed, importer: importers.Importer, committed: int, answer: core.Answer
) -> None:
    """A walk from the commit begins behind it. committed: when its first page was asked."""
    for record_id, _ in answer.versions if importer.from_commit else ():
        is_new = feed.position_of(record_id) > committed
        assert is_new, f"{record_id} was served again"
