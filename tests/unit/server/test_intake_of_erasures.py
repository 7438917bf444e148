"""Erasures: what they leave, and what brings an id back."""

from __future__ import annotations

import pytest
from tests.unit.server.steps import NOW_US, Feed, Step, bad, bad_no, erasure, gone, good, no

from pullfeed_server.store import rows

_ERASED = rows.TombstoneRow("c1", 0, -(2**62), "erased", NOW_US, suppressed=True)


@pytest.mark.parametrize(
    "before", [[], [good(5)], [no(5)], [bad(5)], [good(5), gone(6)], [bad_no(5)]]
)
def test_an_erasure_leaves_a_tombstone_at_a_new_position_and_nothing_else(
    before: list[Step],
) -> None:
    feed = Feed()
    feed.take(before)
    position = feed.position
    assert feed.take([erasure()]) == ["stored"]
    assert feed.contents() == ([_ERASED], {})
    assert feed.position == position + 1


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (good(2_000), "erased"),
        (no(2_000), "erased"),
        (bad(None), "erased"),
        (bad_no(2_000), "erased"),
        (gone(2_000), "unchanged"),
        (erasure(), "unchanged"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_nothing_brings_an_erased_id_back(step: Step, outcome: str, force: bool) -> None:
    feed = Feed()
    feed.take([good(5), erasure()])
    assert feed.take([step], force=force) == [outcome]
    assert (feed.contents(), feed.position) == (([_ERASED], {}), 1)


def test_an_id_may_be_put_again_once_its_erasure_is_lifted() -> None:
    feed = Feed()
    feed.take([good(5), erasure()])
    feed.lift("c1")
    assert feed.take([good(5)]) == ["stored"]
    assert feed.contents()[0] == [good(5)]


def test_a_no_of_a_lifted_id_leaves_it_erased_and_beats_a_yes_of_its_date() -> None:
    feed = Feed()
    feed.take([good(5), erasure()])
    feed.lift("c1")
    assert feed.take([bad_no(6), good(6)]) == ["withheld", "stale"]
    assert feed.contents()[0] == [_ERASED._replace(modified_us=6, refused=True, suppressed=False)]
