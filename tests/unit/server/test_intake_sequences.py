"""Random sequences of versions, removals and erasures, against what the design says of them."""

from __future__ import annotations

import dataclasses

import orjson
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.server.steps import NOW_US, Dated, Feed, Step, bad, bad_no, erasure, gone, good

from pullfeed_server import intake
from pullfeed_server.encoding import version
from pullfeed_server.store import rows


@dataclasses.dataclass
class _Known:
    """What one id comes to, by the words of the design. None: nothing of the kind."""

    listed_us: int | None = None
    withheld_us: int | None = None
    fingerprint: bytes | None = None
    is_deleted: bool = False

    def take(self, step: Dated, *, force: bool) -> str:
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
_DATED: st.SearchStrategy[Dated] = st.one_of(
    st.builds(good, _DATES, st.sampled_from("ab"), _IDS),
    st.builds(bad, _DATES, _IDS),
    st.builds(gone, _DATES, _IDS),
)
_STEPS = st.lists(st.one_of(_DATED, st.builds(bad, st.none(), _IDS)), max_size=12)
_CONSENTS = st.sampled_from(["Yes", "No", ""])
_ANY_DATED: st.SearchStrategy[Dated] = st.one_of(
    st.builds(good, _DATES, st.sampled_from("ab"), _IDS, st.sampled_from(["Yes", "No"])),
    st.builds(bad, _DATES, _IDS, _CONSENTS),
    st.builds(gone, _DATES, _IDS),
)
_ANY = st.lists(
    st.one_of(
        _ANY_DATED,
        st.builds(bad, st.none(), _IDS, _CONSENTS),
        # Seldom, since nothing happens to an id behind it.
        st.builds(erasure, st.just("c2")),
    ),
    max_size=14,
)


@given(_ANY, _ANY)
def test_a_batch_means_its_versions_one_after_the_other(
    before: list[Step], batch: list[Step]
) -> None:
    at_once, singly = Feed(), Feed()
    for feed in (at_once, singly):
        feed.take(before, now_us=1)
    assert at_once.take(batch, now_us=2) == [singly.take([step], now_us=2)[0] for step in batch]
    assert at_once.contents() == singly.contents()


@given(st.lists(_ANY_DATED, max_size=12), st.lists(_ANY_DATED, max_size=12))
def test_a_forced_batch_means_the_same(before: list[Step], batch: list[Step]) -> None:
    at_once, singly = Feed(), Feed()
    for feed in (at_once, singly):
        feed.take(before, now_us=1)
    outcomes = [singly.take([step], now_us=2, force=True)[0] for step in batch]
    assert at_once.take(batch, now_us=2, force=True) == outcomes
    assert at_once.contents() == singly.contents()


@given(_STEPS, st.booleans())
def test_a_sequence_comes_to_what_the_design_says(steps: list[Dated], force: bool) -> None:
    feed = Feed()
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
def test_doing_a_batch_again_changes_nothing_more(steps: list[Step]) -> None:
    feed = Feed()
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

    def hear(self, step: Step, outcome: str) -> None:
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
def test_the_last_word_on_consent_is_what_stands(steps: list[Step]) -> None:
    feed = Feed()
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


def _judged_again(feed: Feed, *judged: version.Good | version.Bad) -> list[str]:
    taken = intake.Intake(feed.standings(), NOW_US, force=True)
    outcomes = [taken.judge_again(one) for one in judged]
    feed.write(taken.changes())
    return outcomes


def _standing_goods(feed: Feed) -> dict[str, version.Good]:
    return {
        one: placed for one, (_, placed) in feed.placed.items() if isinstance(placed, version.Good)
    }


@given(_ANY)
def test_judged_anew_exactly_what_is_refused_goes_and_every_no_goes_out(
    steps: list[Step],
) -> None:
    feed = Feed()
    feed.take(steps)
    withheld, before = dict(feed.withheld), dict(feed.placed)
    # The rule of now: no text "b".
    goods = _standing_goods(feed)
    refused = {one for one, good in goods.items() if orjson.loads(good.proto)[1] == "b"}
    judged = [
        bad(good.modified_us, one, "No" if good.refused else "Yes") if one in refused else good
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
    feed = Feed()
    feed.take([good(5), bad_no(6)])
    (kept,) = _standing_goods(feed).values()
    withheld = dict(feed.withheld)
    anew = kept._replace(fingerprint=b"other", proto=b"other", json=b"other")
    assert _judged_again(feed, anew) == ["stored"]
    assert feed.contents() == ([anew], withheld)
