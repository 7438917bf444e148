"""What `pullfeed try` calls a problem, and how it ends then."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from pullfeed_client import errors, expectation, puts, trial

FLAWS: dict[int, dict[str, Any]] = {
    2: {"line": 2, "id": "C2", "field": "email", "reason": "BAD_EMAIL"},
    3: {"line": 3, "id": "C3", "field": "customer_id", "reason": "MISSING"},
}
BAD_EMAIL = puts.Refusal(2, "C2", (("email", "BAD_EMAIL"),))
MISSING_ID = puts.Refusal(3, "", (("customer_id", "MISSING"),))


def test_every_flaw_refused_for_its_own_reason_is_no_problem() -> None:
    assert list(trial._misjudged([MISSING_ID, BAD_EMAIL], FLAWS)) == []


@pytest.mark.parametrize(
    ("refusals", "line"),
    [
        ([BAD_EMAIL], 3),
        ([BAD_EMAIL, MISSING_ID, puts.Refusal(9, "C9", (("email", "BAD_EMAIL"),))], 9),
        ([BAD_EMAIL._replace(violations=(("email", "MISSING"),)), MISSING_ID], 2),
        ([BAD_EMAIL._replace(violations=(("mobile", "BAD_EMAIL"),)), MISSING_ID], 2),
        ([BAD_EMAIL._replace(violations=BAD_EMAIL.violations * 2), MISSING_ID], 2),
    ],
    ids=["not refused", "refused though good", "another reason", "another field", "too much"],
)
def test_a_line_judged_otherwise_than_the_manifest_says_is_a_problem(
    refusals: list[puts.Refusal], line: int
) -> None:
    [problem] = trial._misjudged(refusals, FLAWS)
    assert problem.startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("came", "problem"),
    [
        ([], "customer by page: 1 missing, for example a"),
        ([{"id": "a"}, {"id": "a"}], "customer by page: 1 doubled, for example a"),
        ([{"id": "a", "x": 1}], "customer by page: 1 wrong, for example a"),
        ([{"id": "a"}, {"id": "b"}], "customer by page: 1 foreign, for example b"),
    ],
)
def test_a_record_that_is_not_there_once_and_right_is_a_problem(
    came: list[expectation.Fields], problem: str
) -> None:
    judged = expectation.compare({"a": {"id": "a"}}, came, "id")
    assert list(trial._told("customer", "page", judged)) == [problem]


def reported(*problems: str) -> None:
    counted: collections.Counter[str] = collections.Counter({"BAD_EMAIL": 2})
    loaded = {"customer": trial.Loaded({}, counted, list(problems))}
    trial._report(loaded, [{"scope": "customer", "delivered": 3}])


def test_without_a_problem_it_ends_in_one_good_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reported()
    *tables, sentence = capsys.readouterr().out.splitlines()
    assert tables == [
        "scope\tdelivered",
        "customer\t3",
        "scope\treason\twithheld",
        "customer\tBAD_EMAIL\t2",
    ]
    assert sentence == (
        "Every valid record came exactly once in both modes and was committed; "
        "every flawed one was withheld under its reason."
    )


def test_one_problem_is_enough_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.Unmet):
        reported("customer by page: 1 missing, for example a")
    shown = capsys.readouterr()
    assert "1 missing" in shown.err
    assert "Every valid record" not in shown.out
