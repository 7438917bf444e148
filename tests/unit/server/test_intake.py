from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullfeed_server import intake
from pullfeed_server.encoding import rules, version
from pullfeed_server.store import rows

_BROKEN = (rules.Violation("email", "BAD_EMAIL"),)
_NOW_US = 1_000

_TOO_LONG = "too long"


class _Erasure(NamedTuple):
    id: str


_Dated: TypeAlias = version.Good | version.Bad | intake.Removal
_Step: TypeAlias = _Dated | _Erasure


def _good(
    modified_us: int, text: str = "a", record_id: str = "c1", consent: str = "Yes"
) -> version.Good:
    # As a real fingerprint it covers the date too.
    proto = orjson.dumps([modified_us, text, record_id, consent])
    return version.Good(record_id, modified_us, proto, proto, b"json", consent == "No")


def _no(modified_us: int, text: str = "a", record_id: str = "c1") -> version.Good:
    return _good(modified_us, text, record_id, "No")


def _refusing(proto: bytes, modified: str) -> version.Good | None:
    """The version with consent No, unless its text is too long for that."""
    modified_us, text, record_id, _ = orjson.loads(proto)
    return None if text == _TOO_LONG else _no(int(modified or modified_us), text, record_id)


def _bad(modified_us: int | None, record_id: str = "c1", consent: str = "") -> version.Bad:
    modified = "" if modified_us is None else str(modified_us)
    return version.Bad(record_id, modified_us, _BROKEN, consent, modified)


def _bad_no(modified_us: int | None, record_id: str = "c1") -> version.Bad:
    return _bad(modified_us, record_id, "No")


def _bad_yes(modified_us: int | None, record_id: str = "c1") -> version.Bad:
    return _bad(modified_us, record_id, "Yes")


def _erasure(record_id: str = "c1") -> _Erasure:
    return _Erasure(record_id)


def _gone(removed_us: int | None, record_id: str = "c1") -> intake.Removal:
    return intake.Removal(record_id, removed_us)


class _Feed:
    """A feed in memory, written as a store is: released first, then withheld."""

    def __init__(self) -> None:
        self.position = 0
        self.placed: dict[str, tuple[int, version.Good | rows.TombstoneRow]] = {}
        self.withheld: dict[str, rows.WithheldRow] = {}

    def take(
        self, steps: Sequence[_Step], now_us: int = _NOW_US, *, force: bool = False
    ) -> list[str]:
        taken = intake.Intake(
            self._standings(), now_us, force=force, protos=self._protos(), refusing=_refusing
        )
        outcomes = [_taken(taken, step) for step in steps]
        self._write(taken.changes())
        return outcomes

    def contents(
        self,
    ) -> tuple[list[version.Good | rows.TombstoneRow], dict[str, rows.WithheldRow]]:
        """Both lists in the order of their positions, and the withheld."""
        in_order = sorted(self.placed.values(), key=lambda pair: pair[0])
        return [placed for _, placed in in_order], self.withheld

    def _write(self, changes: intake.Changes) -> None:
        for placed in changes.placed:
            self.position += 1
            self.placed[placed.id] = (self.position, placed)
        for record_id in changes.released:
            self.withheld.pop(record_id, None)
        for row in changes.withheld:
            first_us = self.withheld.get(row.id, row).first_seen_us
            self.withheld[row.id] = row._replace(first_seen_us=first_us)

    def lift(self, record_id: str) -> None:
        position, placed = self.placed[record_id]
        assert isinstance(placed, rows.TombstoneRow)
        self.placed[record_id] = (position, placed._replace(suppressed=False))

    def _protos(self) -> dict[str, bytes]:
        return {
            placed.id: placed.proto
            for _, placed in self.placed.values()
            if isinstance(placed, version.Good)
        }

    def _standings(self) -> dict[str, rows.Standing]:
        found = {record_id: _standing(placed) for record_id, (_, placed) in self.placed.items()}
        for row in self.withheld.values():
            known = found.get(row.id, rows.UNKNOWN)
            newest_us = max(known.modified_us, row.modified_us)
            found[row.id] = known._replace(modified_us=newest_us, is_withheld=True)
        return found


def _taken(taken: intake.Intake, step: _Step) -> str:
    if isinstance(step, intake.Removal):
        return taken.delete(step)
    if isinstance(step, _Erasure):
        return taken.erase(step.id)
    return taken.put(step)


def _standing(placed: version.Good | rows.TombstoneRow) -> rows.Standing:
    known = rows.UNKNOWN._replace(
        modified_us=placed.modified_us, refused_us=placed.modified_us if placed.refused else None
    )
    if isinstance(placed, version.Good):
        return known._replace(list=1, fingerprint=placed.fingerprint)
    return known._replace(list=2, reason=placed.reason, suppressed=placed.suppressed)


@pytest.mark.parametrize(
    ("before", "step", "outcome"),
    [
        ([], _good(5), "stored"),
        ([_good(5)], _good(5), "unchanged"),
        ([_good(5)], _good(5, "b"), "stored"),
        ([_good(5)], _good(6), "stored"),
        ([_good(5)], _good(4), "stale"),
        ([_good(5)], _bad(6), "withheld"),
        ([_good(5)], _bad(5), "withheld"),
        ([_good(5)], _bad(4), "stale"),
        ([_good(5)], _bad(None), "withheld"),
        ([_bad(5)], _good(4), "stale"),
        ([_bad(5)], _good(5), "stored"),
        ([_bad(5)], _bad(4), "stale"),
        ([_bad(5)], _bad(None), "withheld"),
        ([_bad(None)], _good(1), "stored"),
        ([_good(5), _bad(6)], _good(5), "stale"),
        ([_good(5), _bad(6)], _good(6), "stored"),
        ([_good(5), _bad(None)], _good(5), "stored"),
        ([_good(5), _bad(None)], _good(4), "stale"),
        ([], _gone(5), "unchanged"),
        ([_good(5)], _gone(5), "stored"),
        ([_good(5)], _gone(4), "stale"),
        ([_good(5), _gone(6)], _gone(7), "unchanged"),
        ([_good(5), _gone(6)], _good(5), "stale"),
        ([_good(5), _gone(6)], _good(6), "stored"),
        ([_good(5), _gone(6)], _bad(5), "stale"),
        ([_good(5), _gone(6)], _bad(7), "withheld"),
        ([_good(5), _gone(6), _bad(7)], _gone(8), "stored"),
        ([_good(5), _gone(6), _bad(7)], _gone(6), "stale"),
        ([_good(5), _bad(6)], _gone(6), "stored"),
        ([_good(5), _bad(6)], _gone(5), "stale"),
        ([_bad(5)], _gone(6), "stored"),
    ],
)
def test_what_becomes_of_a_version_follows_from_what_is_known(
    before: list[_Step], step: _Step, outcome: str
) -> None:
    feed = _Feed()
    feed.take(before)
    assert feed.take([step]) == [outcome]


def test_a_date_before_1970_is_not_older_than_nothing() -> None:
    assert _Feed().take([_good(-62_135_596_800_000_000)]) == ["stored"]


@pytest.mark.parametrize("step", [_good(4), _bad(4), _gone(4)])
def test_what_is_stale_changes_nothing(step: _Step) -> None:
    feed = _Feed()
    feed.take([_good(5)])
    before = feed.contents()
    feed.take([step])
    assert (feed.contents(), feed.position) == (before, 1)


@pytest.mark.parametrize(
    ("step", "outcome"), [(_good(4), "stored"), (_bad(4), "withheld"), (_gone(4), "stored")]
)
def test_force_lets_an_older_version_win(step: _Step, outcome: str) -> None:
    feed = _Feed()
    feed.take([_good(5)])
    assert feed.take([step], force=True) == [outcome]


def test_force_does_not_store_the_same_version_again() -> None:
    feed = _Feed()
    feed.take([_good(5)])
    assert feed.take([_good(5)], force=True) == ["unchanged"]


def test_a_withheld_version_withdraws_the_older_one_from_the_feed() -> None:
    feed = _Feed()
    feed.take([_good(5)])
    feed.take([_bad(6)])
    assert feed.contents() == (
        [rows.TombstoneRow("c1", 0, 6, "withheld", _NOW_US)],
        {"c1": rows.WithheldRow("c1", 6, _BROKEN, _NOW_US, _NOW_US)},
    )


def test_a_version_withheld_from_the_start_leaves_no_tombstone() -> None:
    feed = _Feed()
    feed.take([_bad(6)])
    assert feed.position == 0
    assert list(feed.withheld) == ["c1"]


def test_a_good_version_leaves_the_withheld() -> None:
    feed = _Feed()
    feed.take([_good(5), _bad(6), _good(7)])
    assert feed.contents() == ([_good(7)], {})


@pytest.mark.parametrize(("modified_us", "removed_us"), [(5, _NOW_US), (_NOW_US + 7, _NOW_US + 7)])
def test_a_delete_without_a_date_removes_also_what_is_dated_in_the_future(
    modified_us: int, removed_us: int
) -> None:
    feed = _Feed()
    assert feed.take([_good(modified_us), _gone(None)]) == ["stored", "stored"]
    assert feed.contents() == (
        [rows.TombstoneRow("c1", 0, removed_us, "deleted", _NOW_US)],
        {},
    )


def test_a_delete_leaves_the_withheld_too() -> None:
    feed = _Feed()
    feed.take([_good(5), _gone(6)])
    feed.take([_bad(7)])
    feed.take([_gone(8)])
    assert feed.contents() == ([rows.TombstoneRow("c1", 0, 8, "deleted", _NOW_US)], {})


def test_first_seen_counts_from_when_it_was_last_good() -> None:
    feed = _Feed()
    feed.take([_bad(5)], now_us=1)
    feed.take([_bad(6)], now_us=2)
    assert (feed.withheld["c1"].first_seen_us, feed.withheld["c1"].last_seen_us) == (1, 2)
    feed.take([_good(7), _bad(8)], now_us=3)
    assert feed.withheld["c1"].first_seen_us == 3


def test_a_version_without_an_id_is_answered_and_kept_nowhere() -> None:
    feed = _Feed()
    assert feed.take([_bad(5, record_id="")]) == ["withheld"]
    assert feed.contents() == ([], {})


def test_the_last_version_of_an_id_wins_and_takes_the_last_place() -> None:
    feed = _Feed()
    outcomes = feed.take([_good(5), _good(5, record_id="c2"), _good(6, "b")])
    assert outcomes == ["stored"] * 3
    assert feed.contents()[0] == [_good(5, record_id="c2"), _good(6, "b")]


_WITHDRAWN = rows.TombstoneRow("c1", 0, 0, "consent_withdrawn", _NOW_US, refused=True)
_ERASED = rows.TombstoneRow("c1", 0, -(2**62), "erased", _NOW_US, suppressed=True)


@pytest.mark.parametrize(
    ("before", "step", "outcome", "stands"),
    [
        # An invalid No beside a good version: that one goes out with No.
        ([_good(5)], _bad_no(6), "withheld", _no(6)),
        ([_good(5)], _bad_no(5), "withheld", _no(5)),
        ([_good(5)], _bad_no(None), "withheld", _no(5)),
        ([_good(5)], _bad_no(4), "stale", _good(5)),
        ([_no(5)], _bad_no(6), "withheld", _no(6)),
        ([_no(5)], _bad_no(None), "withheld", _no(5)),
        ([_good(5), _bad_no(6)], _bad_no(6), "withheld", _no(6)),
        ([_good(5, _TOO_LONG)], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        # And without one: the tombstone says it.
        ([], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([], _bad_no(None), "withheld", _WITHDRAWN._replace(modified_us=-(2**62))),
        ([_bad(5)], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([_bad(5)], _bad_no(None), "withheld", _WITHDRAWN._replace(modified_us=5)),
        ([_good(5), _bad(6)], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([_good(5), _gone(6)], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        ([_bad_no(5)], _bad_no(6), "withheld", _WITHDRAWN._replace(modified_us=6)),
        # At equal dates No beats Yes, in whatever order they come.
        ([_good(5)], _no(5), "stored", _no(5)),
        ([_no(5)], _good(5), "stale", _no(5)),
        ([_no(5)], _good(6), "stored", _good(6)),
        ([_no(5)], _bad_yes(5), "stale", _no(5)),
        ([_good(5), _bad_no(6)], _good(6), "stale", _no(6)),
        ([_good(5), _bad_no(6)], _good(7), "stored", _good(7)),
        ([_good(5), _bad_no(6)], _no(6, "b"), "stored", _no(6, "b")),
        ([_good(5), _bad_no(None)], _good(5), "stale", _no(5)),
        ([_bad_no(6)], _good(6), "stale", _WITHDRAWN._replace(modified_us=6)),
        ([_bad_no(6)], _good(7), "stored", _good(7)),
        ([_bad_no(6)], _no(6), "stored", _no(6)),
        ([_bad_no(None)], _good(1), "stored", _good(1)),
        # A No stays until a Yes is read that came after it.
        ([_no(5)], _bad(6), "withheld", _no(5)),
        ([_no(5)], _bad(None), "withheld", _no(5)),
        ([_no(5)], _bad_yes(None), "withheld", _no(5)),
        (
            [_no(5)],
            _bad_yes(6),
            "withheld",
            rows.TombstoneRow("c1", 0, 6, "withheld", _NOW_US),
        ),
        ([_no(5), _bad(6)], _good(6), "stored", _good(6)),
        ([_bad_no(5), _bad(6)], _good(6), "stored", _good(6)),
        (
            [_bad_no(5)],
            _gone(6),
            "stored",
            _WITHDRAWN._replace(modified_us=6, refused=False),
        ),
        ([_no(5), _gone(5)], _good(5), "stale", None),
    ],
)
def test_a_no_goes_out_whatever_comes_with_it(
    before: list[_Step],
    step: _Step,
    outcome: str,
    stands: version.Good | rows.TombstoneRow | None,
) -> None:
    feed = _Feed()
    feed.take(before)
    assert feed.take([step]) == [outcome]
    if stands is not None:
        assert feed.contents()[0] == [stands]


@pytest.mark.parametrize("before", [[_good(5)], [_no(5)], [_good(5), _gone(6)], []])
def test_an_invalid_no_is_withheld_beside_what_goes_out(before: list[_Step]) -> None:
    feed = _Feed()
    feed.take(before)
    feed.take([_bad_no(7)])
    assert feed.contents()[1] == {"c1": rows.WithheldRow("c1", 7, _BROKEN, _NOW_US, _NOW_US)}


@pytest.mark.parametrize("before", [[_good(5)], [_good(5), _gone(6)], []])
@pytest.mark.parametrize("date", [7, None])
def test_the_same_invalid_no_again_takes_no_position(before: list[_Step], date: int | None) -> None:
    feed = _Feed()
    feed.take([*before, _bad_no(date)])
    position = feed.position
    assert feed.take([_bad_no(date)]) == ["withheld"]
    assert feed.position == position


@pytest.mark.parametrize("step", [_good(5), _bad_yes(5)])
def test_force_lets_a_yes_win_over_a_no_of_its_date(step: _Step) -> None:
    feed = _Feed()
    feed.take([_no(5)])
    assert feed.take([step], force=True) != ["stale"]
    assert feed.contents()[0] != [_no(5)]


def test_a_no_behind_a_good_version_of_its_batch_keeps_that_one() -> None:
    feed = _Feed()
    feed.take([_good(1, "old")])
    feed.take([_good(5, "new"), _bad_no(6)])
    assert feed.contents()[0] == [_no(6, "new")]


@pytest.mark.parametrize(
    "before", [[], [_good(5)], [_no(5)], [_bad(5)], [_good(5), _gone(6)], [_bad_no(5)]]
)
def test_an_erasure_leaves_a_tombstone_at_a_new_position_and_nothing_else(
    before: list[_Step],
) -> None:
    feed = _Feed()
    feed.take(before)
    position = feed.position
    assert feed.take([_erasure()]) == ["stored"]
    assert feed.contents() == ([_ERASED], {})
    assert feed.position == position + 1


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (_good(2_000), "erased"),
        (_no(2_000), "erased"),
        (_bad(None), "erased"),
        (_bad_no(2_000), "erased"),
        (_gone(2_000), "unchanged"),
        (_erasure(), "unchanged"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_nothing_brings_an_erased_id_back(step: _Step, outcome: str, force: bool) -> None:
    feed = _Feed()
    feed.take([_good(5), _erasure()])
    assert feed.take([step], force=force) == [outcome]
    assert (feed.contents(), feed.position) == (([_ERASED], {}), 1)


def test_an_id_may_be_put_again_once_its_erasure_is_lifted() -> None:
    feed = _Feed()
    feed.take([_good(5), _erasure()])
    feed.lift("c1")
    assert feed.take([_good(5)]) == ["stored"]
    assert feed.contents()[0] == [_good(5)]


def test_a_no_of_a_lifted_id_leaves_it_erased_and_beats_a_yes_of_its_date() -> None:
    feed = _Feed()
    feed.take([_good(5), _erasure()])
    feed.lift("c1")
    assert feed.take([_bad_no(6), _good(6)]) == ["withheld", "stale"]
    assert feed.contents()[0] == [_ERASED._replace(modified_us=6, refused=True, suppressed=False)]


@dataclasses.dataclass
class _Known:
    """What one id comes to, by the words of the design. None: nothing of the kind."""

    listed_us: int | None = None
    withheld_us: int | None = None
    fingerprint: bytes | None = None
    is_deleted: bool = False

    def take(self, step: _Dated, *, force: bool) -> str:
        date_us = step.removed_us if isinstance(step, intake.Removal) else step.modified_us
        dates = [date for date in (self.listed_us, self.withheld_us) if date is not None]
        if isinstance(step, intake.Removal) and self._is_gone(dates):
            return "unchanged"
        if dates and date_us is not None and date_us < max(dates) and not force:
            return "stale"
        if isinstance(step, version.Bad):
            return self._withhold(max(dates, default=-(2**62)) if date_us is None else date_us)
        return self._settle(step)

    def _is_gone(self, dates: list[int]) -> bool:
        return not dates or (self.is_deleted and self.withheld_us is None)

    def _withhold(self, date_us: int) -> str:
        if self.fingerprint is not None:
            self.listed_us, self.fingerprint = date_us, None
        self.withheld_us = date_us
        return "withheld"

    def _settle(self, step: version.Good | intake.Removal) -> str:
        if isinstance(step, version.Good):
            if self.fingerprint == step.fingerprint:
                return "unchanged"
            self.listed_us, self.fingerprint = step.modified_us, step.fingerprint
        else:
            self.listed_us, self.fingerprint = step.removed_us, None
        self.withheld_us, self.is_deleted = None, isinstance(step, intake.Removal)
        return "stored"


_IDS = st.sampled_from(["c1", "c2"])
_DATES = st.integers(1, 4)
_DATED: st.SearchStrategy[_Dated] = st.one_of(
    st.builds(_good, _DATES, st.sampled_from("ab"), _IDS),
    st.builds(_bad, _DATES, _IDS),
    st.builds(_gone, _DATES, _IDS),
)
_STEPS = st.lists(st.one_of(_DATED, st.builds(_bad, st.none(), _IDS)), max_size=12)
_CONSENTS = st.sampled_from(["Yes", "No", ""])
_ANY_DATED: st.SearchStrategy[_Dated] = st.one_of(
    st.builds(_good, _DATES, st.sampled_from("ab"), _IDS, st.sampled_from(["Yes", "No"])),
    st.builds(_bad, _DATES, _IDS, _CONSENTS),
    st.builds(_gone, _DATES, _IDS),
)
_ANY = st.lists(
    st.one_of(
        _ANY_DATED,
        st.builds(_bad, st.none(), _IDS, _CONSENTS),
        # Seldom, since nothing happens to an id behind it.
        st.builds(_erasure, st.just("c2")),
    ),
    max_size=14,
)


@given(_ANY, _ANY)
def test_a_batch_means_its_versions_one_after_the_other(
    before: list[_Step], batch: list[_Step]
) -> None:
    at_once, singly = _Feed(), _Feed()
    for feed in (at_once, singly):
        feed.take(before, now_us=1)
    assert at_once.take(batch, now_us=2) == [singly.take([step], now_us=2)[0] for step in batch]
    assert at_once.contents() == singly.contents()


@given(st.lists(_ANY_DATED, max_size=12), st.lists(_ANY_DATED, max_size=12))
def test_a_forced_batch_means_the_same(before: list[_Step], batch: list[_Step]) -> None:
    at_once, singly = _Feed(), _Feed()
    for feed in (at_once, singly):
        feed.take(before, now_us=1)
    outcomes = [singly.take([step], now_us=2, force=True)[0] for step in batch]
    assert at_once.take(batch, now_us=2, force=True) == outcomes
    assert at_once.contents() == singly.contents()


@given(_STEPS, st.booleans())
def test_a_sequence_comes_to_what_the_design_says(steps: list[_Dated], force: bool) -> None:
    feed = _Feed()
    model: dict[str, _Known] = {}
    for step in steps:
        expected = model.setdefault(step.id, _Known()).take(step, force=force)
        assert feed.take([step], force=force) == [expected]
    records = {one.id for one in feed.contents()[0] if isinstance(one, version.Good)}
    assert records == {one for one, known in model.items() if known.fingerprint is not None}
    assert set(feed.withheld) == {
        one for one, known in model.items() if known.withheld_us is not None
    }


@given(_ANY)
def test_doing_a_batch_again_changes_nothing_more(steps: list[_Step]) -> None:
    feed = _Feed()
    feed.take(steps)
    settled, position = feed.contents()[0], feed.position
    last = {step.id: step for step in steps}
    feed.take(list(last.values()))
    assert len(feed.contents()[0]) == len(settled)
    assert feed.position <= position + len(last)


class _Consent:
    """What an importer must hear of one id's consent, from the answers to what was put.

    says_no: the last word on it is a No. no_us: the date of the last dated one.
    """

    def __init__(self) -> None:
        self.says_no = False
        self.no_us: int | None = None

    def hear(self, step: _Step, outcome: str) -> None:
        if outcome in ("stale", "erased"):
            return
        if isinstance(step, version.Bad):
            self._hear(step.consent, step.modified_us)
        elif isinstance(step, version.Good):
            self._hear("No" if step.refused else "Yes", step.modified_us)
        elif outcome == "stored":
            self.says_no = False

    def _hear(self, consent: str, date_us: int | None) -> None:
        if consent == "No":
            self.says_no = True
            self.no_us = self.no_us if date_us is None else date_us
        elif consent == "Yes" and date_us is not None:
            assert date_us != self.no_us
            self.says_no = False


@given(_ANY)
def test_the_last_word_on_consent_is_what_stands(steps: list[_Step]) -> None:
    feed = _Feed()
    heard: dict[str, _Consent] = {"c1": _Consent(), "c2": _Consent()}
    for step in steps:
        (outcome,) = feed.take([step])
        heard[step.id].hear(step, outcome)
        for record_id, consent in heard.items():
            _, stands = feed.placed.get(record_id, (0, None))
            if isinstance(stands, version.Good):
                assert stands.refused == consent.says_no
            elif consent.says_no:
                assert stands is not None
                assert stands.reason in ("consent_withdrawn", "erased")


def _judged_again(feed: _Feed, *judged: version.Good | version.Bad) -> list[str]:
    taken = intake.Intake(feed._standings(), _NOW_US, force=True)
    outcomes = [taken.judge_again(one) for one in judged]
    feed._write(taken.changes())
    return outcomes


def _standing_goods(feed: _Feed) -> dict[str, version.Good]:
    return {
        one: placed for one, (_, placed) in feed.placed.items() if isinstance(placed, version.Good)
    }


@given(_ANY)
def test_judged_anew_exactly_what_is_refused_goes_and_every_no_goes_out(
    steps: list[_Step],
) -> None:
    feed = _Feed()
    feed.take(steps)
    withheld, before = dict(feed.withheld), dict(feed.placed)
    # The rule of now: no text "b".
    goods = _standing_goods(feed)
    refused = {one for one, good in goods.items() if orjson.loads(good.proto)[1] == "b"}
    judged = [
        _bad(good.modified_us, one, "No" if good.refused else "Yes") if one in refused else good
        for one, good in goods.items()
    ]
    outcomes = _judged_again(feed, *judged)
    assert outcomes == ["withheld" if one in refused else "unchanged" for one in goods]
    for one, (position, placed) in feed.placed.items():
        if one in refused:
            good = goods[one]
            assert isinstance(placed, rows.TombstoneRow)
            assert placed.reason == ("consent_withdrawn" if good.refused else "withheld")
            assert (placed.refused, placed.modified_us) == (good.refused, good.modified_us)
        else:
            assert (position, placed) == before[one]
    # What was withheld already is newer, and stays as it is.
    assert {one: feed.withheld[one] for one in withheld} == withheld
    assert set(feed.withheld) == set(withheld) | refused


def test_judged_anew_other_bytes_take_a_new_place_beside_what_is_withheld() -> None:
    feed = _Feed()
    feed.take([_good(5), _bad_no(6)])
    (kept,) = _standing_goods(feed).values()
    withheld = dict(feed.withheld)
    anew = kept._replace(fingerprint=b"other", proto=b"other", json=b"other")
    assert _judged_again(feed, anew) == ["stored"]
    assert feed.contents() == ([anew], withheld)
