"""Each wrong server is caught by exactly the check made for it; the right one passes all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.conformance import (
    loopback,
    right_server,
    wrong_answers,
    wrong_commits,
    wrong_cursors,
    wrong_paging,
    wrong_records,
    wrong_requests,
)

from pullfeed_client.importer import checks, contract, evidence, inspection, probe, walk


class Wrong(NamedTuple):
    """A server with one fault. fails: the check made for it."""

    title: str
    fails: str
    scope: str
    make: Callable[[], right_server.Callback]
    is_disturbed: bool = False
    # Of servers whose records are wrong, and nothing else, imports under faults show no more.
    faults: int | None = 3


CLASSES: tuple[type[Any], ...] = (
    *wrong_answers.SERVERS,
    *wrong_requests.SERVERS,
    *wrong_paging.SERVERS,
    *wrong_cursors.SERVERS,
    *wrong_commits.SERVERS,
)
WRONG = (
    *(
        Wrong(made.__name__, made.fails, "customer", made, getattr(made, "is_disturbed", False))
        for made in CLASSES
    ),
    *(
        Wrong(flaw.title, flaw.fails, flaw.scope, wrong_records.server(flaw), faults=None)
        for flaw in wrong_records.FLAWS
    ),
)
TERMS = evidence.Terms(
    shop=right_server.SHOP,
    key=right_server.KEY,
    page_size=10,
    foreign_shop=right_server.FOREIGN_SHOP,
    empty_shop=right_server.EMPTY_SHOP,
)
# Rules of fields that a customer does not have.
OTHER_SCOPES = {
    "currencies", "amounts", "quantities", "status-words", "urls", "countries", "order-buyer",
    "gtins",
}  # fmt: skip
# In a feed that rests nothing can drift.
QUIET = {"complete-under-writes"}


def checked(
    callback: right_server.Callback,
    scope: str,
    *,
    is_disturbed: bool = False,
    faults: int | None = 3,
    modes: tuple[walk.Mode, ...] = ("cursor", "page"),
) -> list[inspection.Result]:
    """What the checks find at a callback."""
    disturb = callback.disturb if is_disturbed else None
    terms = dataclasses.replace(TERMS, disturb=disturb, faults=faults, modes=modes)
    with loopback.Server(callback) as server:
        way = probe.Probe(server.url, 10.0, clock=callback.clock)
        case = evidence.Evidence(way, contract.SCOPES[scope], terms)
        found = list(inspection.results(case, checks.CHECKS.values(), {}))
        way.close()
    return found


def named(found: list[inspection.Result], outcome: inspection.Outcome) -> set[str]:
    return {result.check.name for result in found if result.outcome is outcome}


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.title for wrong in WRONG])
def test_a_wrong_server_fails_exactly_the_check_made_for_it(wrong: Wrong) -> None:
    found = checked(wrong.make(), wrong.scope, is_disturbed=wrong.is_disturbed, faults=wrong.faults)

    assert named(found, inspection.Outcome.FAILED) == {wrong.fails}, [
        (result.check.name, result.came) for result in found if result.outcome == "failed"
    ]


def test_every_check_has_a_server_that_it_alone_catches() -> None:
    assert {wrong.fails for wrong in WRONG} == set(checks.CHECKS)


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_a_right_server_passes_every_check(scope: str) -> None:
    found = checked(right_server.Callback(), scope)

    assert named(found, inspection.Outcome.FAILED) == set()
    assert named(found, inspection.Outcome.SKIPPED) == QUIET


@pytest.mark.parametrize(
    ("modes", "left_out"),
    [
        (
            ("page",),
            {
                "cursor-given", "cursor-advances", "cursor-url-safe", "same-cursor-twice",
                "bad-cursors-refused", "modes-agree",
            },
        ),
        (
            ("cursor",),
            {
                "meta-echo", "pages-advance", "past-end-answered", "past-end-empty",
                "past-end-ends", "same-page-twice", "pages-out-of-order", "pages-in-parallel",
                "complete-in-any-order", "modes-agree",
            },
        ),
    ],
)  # fmt: skip
def test_a_right_server_passes_in_one_mode_alone(
    modes: tuple[walk.Mode, ...], left_out: set[str]
) -> None:
    found = checked(right_server.Callback(), "customer", is_disturbed=True, modes=modes)

    assert named(found, inspection.Outcome.FAILED) == set()
    assert named(found, inspection.Outcome.SKIPPED) == left_out


def test_a_right_server_that_is_disturbed_passes_every_check() -> None:
    found = checked(right_server.Callback(), "customer", is_disturbed=True)

    assert named(found, inspection.Outcome.PASSED) == set(checks.CHECKS) - OTHER_SCOPES
