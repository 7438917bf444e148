"""Consents: a No goes out whatever comes with it, and stays until a Yes comes after it."""

from __future__ import annotations

import pytest
from tests.unit.server.steps import (
    BROKEN,
    NOW_US,
    TOO_LONG,
    Feed,
    Step,
    bad,
    bad_no,
    bad_yes,
    gone,
    good,
    no,
)

from pullfeed_server.encoding import version
from pullfeed_server.store import rows

_WITHDRAWN = rows.TombstoneRow("c1", 0, 0, "consent_withdrawn", NOW_US, refused=True)


@pytest.mark.parametrize(
    ("before", "step", "outcome", "stands"),
    [
        # An invalid No beside a good version: that one goes out with No.
        ([good(5)], bad_no(6), "withheld", no(6)),
        ([good(5)], bad_no(5), "withheld", no(5)),
        ([good(5)], bad_no(None), "withheld", no(5)),
        ([good(5)], bad_no(4), "stale", good(5)),
        ([no(5)], bad_no(6), "withheld", no(6)),
        ([no(5)], bad_no(None), "withheld", no(5)),
        ([good(5), bad_no(6)], bad_no(6), "withheld", no(6)),
        ([good(5, TOO_LONG)], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        # And without one: the tombstone says it.
        ([], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([], bad_no(None), "withheld", _WITHDRAWN._replace(modified_us=-(2**62))),
        ([bad(5)], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([bad(5)], bad_no(None), "withheld", _WITHDRAWN._replace(modified_us=5)),
        ([good(5), bad(6)], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([good(5), gone(6)], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([bad_no(5)], bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        # At equal dates No beats Yes, in whatever order they come.
        ([good(5)], no(5), "stored", no(5)),
        ([no(5)], good(5), "stale", no(5)),
        ([no(5)], good(6), "stored", good(6)),
        ([no(5)], bad_yes(5), "stale", no(5)),
        ([good(5), bad_no(6)], good(6), "stale", no(6)),
        ([good(5), bad_no(6)], good(7), "stored", good(7)),
        ([good(5), bad_no(6)], no(6, "b"), "stored", no(6, "b")),
        ([good(5), bad_no(None)], good(5), "stale", no(5)),
        ([bad_no(6)], good(6), "stale", _WITHDRAWN._replace(modified_us=6)),
        ([bad_no(6)], good(7), "stored", good(7)),
        ([bad_no(6)], no(6), "stored", no(6)),
        ([bad_no(None)], good(1), "stored", good(1)),
        # A No stays until a Yes is read that came after it.
        ([no(5)], bad(6), "withheld", no(5)),
        ([no(5)], bad(None), "withheld", no(5)),
        ([no(5)], bad_yes(None), "withheld", no(5)),
        (
            [no(5)],
            bad_yes(6),
            "withheld",
            rows.TombstoneRow("c1", 0, 6, "withheld", NOW_US),
        ),
        ([no(5), bad(6)], good(6), "stored", good(6)),
        ([bad_no(5), bad(6)], good(6), "stored", good(6)),
        (
            [bad_no(5)],
            gone(6),
            "stored",
            _WITHDRAWN._replace(modified_us=6, refused=False),
        ),
        ([no(5), gone(5)], good(5), "stale", None),
    ],
)
def test_a_no_goes_out_whatever_comes_with_it(
    before: list[Step],
    step: Step,
    outcome: str,
    stands: version.Good | rows.TombstoneRow | None,
) -> None:
    feed = Feed()
    feed.take(before)
    assert feed.take([step]) == [outcome]
    if stands is not None:
        assert feed.contents()[0] == [stands]


@pytest.mark.parametrize("before", [[good(5)], [no(5)], [good(5), gone(6)], []])
def test_an_invalid_no_is_withheld_beside_what_goes_out(before: list[Step]) -> None:
    feed = Feed()
    feed.take(before)
    feed.take([bad_no(7)])
    assert feed.contents()[1] == {"c1": rows.WithheldRow("c1", 7, BROKEN, NOW_US, NOW_US)}


@pytest.mark.parametrize("before", [[good(5)], [good(5), gone(6)], []])
@pytest.mark.parametrize("date", [7, None])
def test_the_same_invalid_no_again_takes_no_position(before: list[Step], date: int | None) -> None:
    feed = Feed()
    feed.take([*before, bad_no(date)])
    position = feed.position
    assert feed.take([bad_no(date)]) == ["withheld"]
    assert feed.position == position


@pytest.mark.parametrize("step", [good(5), bad_yes(5)])
def test_force_lets_a_yes_win_over_a_no_of_its_date(step: Step) -> None:
    feed = Feed()
    feed.take([no(5)])
    assert feed.take([step], force=True) != ["stale"]
    assert feed.contents()[0] != [no(5)]


def test_a_no_behind_a_good_version_of_its_batch_keeps_that_one() -> None:
    feed = Feed()
    feed.take([good(1, "old")])
    feed.take([good(5, "new"), bad_no(6)])
    assert feed.contents()[0] == [no(6, "new")]
