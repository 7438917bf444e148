"""Which checks run, and what is said of those that do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pullfeed_client.importer import contract, evidence, inspection, probe
from pullfeed_client.importer.checks import registry

GROUP = registry.Group("made-up")


def judge(is_right: bool) -> Callable[[evidence.Evidence], registry.Finding]:
    return lambda _: registry.Finding(is_right, "sent", "came")


def unable(_: evidence.Evidence) -> registry.Finding:
    raise evidence.Unable("there is nothing to look at")


for name, made in (("right", judge(True)), ("wrong", judge(False)), ("unable", unable)):
    GROUP.check(name, says=".", mend=".")(made)
GROUP.check("behind-wrong", says=".", mend=".", needs=("wrong",))(judge(True))
GROUP.check("far-behind", says=".", mend=".", needs=("behind-wrong",))(judge(True))
GROUP.check("behind-unable", says=".", mend=".", needs=("unable",))(judge(True))
GROUP.check("of-orders", says=".", mend=".", scopes=("order",))(judge(True))
COMMITTING = registry.Group("committing", commits=True)
COMMITTING.check("commits", says=".", mend=".")(judge(True))
CHECKS = [*GROUP.checks, *COMMITTING.checks]


def outcomes(skipped: dict[str, str], *, is_read_only: bool = False) -> dict[str, tuple[str, str]]:
    terms = evidence.Terms("shop.example", is_read_only=is_read_only)
    way = probe.Probe("http://127.0.0.1", 1.0)
    case = evidence.Evidence(way, contract.SCOPES["customer"], terms)
    return {
        result.check.name: (result.outcome.value, result.reason)
        for result in inspection.results(case, CHECKS, skipped)
    }


def test_each_check_passes_fails_or_says_why_it_was_skipped() -> None:
    assert outcomes({}) == {
        "right": ("passed", ""),
        "wrong": ("failed", ""),
        "unable": ("skipped", "there is nothing to look at"),
        "behind-wrong": ("skipped", "it says nothing without wrong"),
        "far-behind": ("skipped", "it says nothing without behind-wrong"),
        "behind-unable": ("passed", ""),
        "commits": ("passed", ""),
    }


def test_a_check_left_out_keeps_nothing_else_from_running() -> None:
    found = outcomes({"wrong": "known"})

    assert found["wrong"] == ("skipped", "known")
    assert found["behind-wrong"] == ("passed", "")


def test_read_only_leaves_out_what_commits() -> None:
    assert outcomes({}, is_read_only=True)["commits"] == ("skipped", "--read-only")


@pytest.mark.parametrize("group", ["name", "severity", "says", "mend"])
def test_every_check_is_described(group: str) -> None:
    for check in CHECKS:
        assert getattr(check, group)
