from __future__ import annotations

import pytest
from tests.unit.server.steps import BROKEN, NOW_US, Feed, Step, bad, gone, good

from pullfeed_server.store import rows


@pytest.mark.parametrize(
    ("before", "step", "outcome"),
    [
        ([], good(5), "stored"),
        ([good(5)], good(5), "unchanged"),
        ([good(5)], good(5, "b"), "stored"),
        ([good(5)], good(6), "stored"),
        ([good(5)], good(4), "stale"),
        ([good(5)], bad(6), "withheld"),
        ([good(5)], bad(5), "withheld"),
        ([good(5)], bad(4), "stale"),
        ([good(5)], bad(None), "withheld"),
        ([bad(5)], good(4), "stale"),
        ([bad(5)], good(5), "stored"),
        ([bad(5)], bad(4), "stale"),
        ([bad(5)], bad(None), "withheld"),
        ([bad(None)], good(1), "stored"),
        ([good(5), bad(6)], good(5), "stale"),
        ([good(5), bad(6)], good(6), "stored"),
        ([good(5), bad(None)], good(5), "stored"),
        ([good(5), bad(None)], good(4), "stale"),
        ([], gone(5), "unchanged"),
        ([good(5)], gone(5), "stored"),
        ([good(5)], gone(4), "stale"),
        ([good(5), gone(6)], gone(7), "unchanged"),
        ([good(5), gone(6)], good(5), "stale"),
        ([good(5), gone(6)], good(6), "stored"),
        ([good(5), gone(6)], bad(5), "stale"),
        ([good(5), gone(6)], bad(7), "withheld"),
        ([good(5), gone(6), bad(7)], gone(8), "stored"),
        ([good(5), gone(6), bad(7)], gone(6), "stale"),
        ([good(5), bad(6)], gone(6), "stored"),
        ([good(5), bad(6)], gone(5), "stale"),
        ([bad(5)], gone(6), "stored"),
    ],
)
def test_what_becomes_of_a_version_follows_from_what_is_known(
    before: list[Step], step: Step, outcome: str
) -> None:
    feed = Feed()
    feed.take(before)
    assert feed.take([step]) == [outcome]


def test_a_date_before_1970_is_not_older_than_nothing() -> None:
    assert Feed().take([good(-62_135_596_800_000_000)]) == ["stored"]


@pytest.mark.parametrize("step", [good(4), bad(4), gone(4)])
def test_what_is_stale_changes_nothing(step: Step) -> None:
    feed = Feed()
    feed.take([good(5)])
    before = feed.contents()
    feed.take([step])
    assert (feed.contents(), feed.position) == (before, 1)


@pytest.mark.parametrize(
    ("step", "outcome"), [(good(4), "stored"), (bad(4), "withheld"), (gone(4), "stored")]
)
def test_force_lets_an_older_version_win(step: Step, outcome: str) -> None:
    feed = Feed()
    feed.take([good(5)])
    assert feed.take([step], force=True) == [outcome]


def test_force_does_not_store_the_same_version_again() -> None:
    feed = Feed()
    feed.take([good(5)])
    assert feed.take([good(5)], force=True) == ["unchanged"]


def test_a_withheld_version_withdraws_the_older_one_from_the_feed() -> None:
    feed = Feed()
    feed.take([good(5)])
    feed.take([bad(6)])
    assert feed.contents() == (
        [rows.TombstoneRow("c1", 0, 6, "withheld", NOW_US)],
        {"c1": rows.WithheldRow("c1", 6, BROKEN, NOW_US, NOW_US)},
    )


def test_a_version_withheld_from_the_start_leaves_no_tombstone() -> None:
    feed = Feed()
    feed.take([bad(6)])
    assert feed.position == 0
    assert list(feed.withheld) == ["c1"]


def test_a_good_version_leaves_the_withheld() -> None:
    feed = Feed()
    feed.take([good(5), bad(6), good(7)])
    assert feed.contents() == ([good(7)], {})


@pytest.mark.parametrize(("modified_us", "removed_us"), [(5, NOW_US), (NOW_US + 7, NOW_US + 7)])
def test_a_delete_without_a_date_removes_also_what_is_dated_in_the_future(
    modified_us: int, removed_us: int
) -> None:
    feed = Feed()
    assert feed.take([good(modified_us), gone(None)]) == ["stored", "stored"]
    assert feed.contents() == (
        [rows.TombstoneRow("c1", 0, removed_us, "deleted", NOW_US)],
        {},
    )


def test_a_delete_leaves_the_withheld_too() -> None:
    feed = Feed()
    feed.take([good(5), gone(6)])
    feed.take([bad(7)])
    feed.take([gone(8)])
    assert feed.contents() == ([rows.TombstoneRow("c1", 0, 8, "deleted", NOW_US)], {})


def test_first_seen_counts_from_when_it_was_last_good() -> None:
    feed = Feed()
    feed.take([bad(5)], now_us=1)
    feed.take([bad(6)], now_us=2)
    assert (feed.withheld["c1"].first_seen_us, feed.withheld["c1"].last_seen_us) == (1, 2)
    feed.take([good(7), bad(8)], now_us=3)
    assert feed.withheld["c1"].first_seen_us == 3


def test_a_version_without_an_id_is_answered_and_kept_nowhere() -> None:
    feed = Feed()
    assert feed.take([bad(5, record_id="")]) == ["withheld"]
    assert feed.contents() == ([], {})


def test_the_last_version_of_an_id_wins_and_takes_the_last_place() -> None:
    feed = Feed()
    outcomes = feed.take([good(5), good(5, record_id="c2"), good(6, "b")])
    assert outcomes == ["stored"] * 3
    assert feed.contents()[0] == [good(5, record_id="c2"), good(6, "b")]
