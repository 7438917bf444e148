"""The project's own facade passes every check, at rest and while its records change."""

from __future__ import annotations

from typing import Any

import pytest

from pullfeed_client.importer import checks, contract, evidence, inspection, probe

SHOP, FOREIGN, EMPTY = "own.example", "foreign.example", "empty.example"
# What can be seen at rest only, and what while records change only.
AT_REST = {
    "has-next-page-exact", "no-id-twice", "modes-agree", "same-cursor-twice", "same-page-twice",
    "pages-out-of-order", "pages-in-parallel", "complete-in-any-order", "past-end-ends",
}  # fmt: skip
WHILE_BUSY = {"complete-under-writes"}
# The shop without records of this scope has to be one that is known.
ELSEWHERE = {"order": {"empty-feed"}}


def checked(facade: Any, scope: str) -> dict[str, inspection.Result]:
    terms = evidence.Terms(
        shop=SHOP,
        key=facade.key,
        page_size=10,
        foreign_shop=FOREIGN,
        empty_shop="" if scope == "order" else EMPTY,
        faults=1,
    )
    way = probe.Probe(facade.url, 20.0)
    case = evidence.Evidence(way, contract.SCOPES[scope], terms)
    found = {
        result.check.name: result for result in inspection.results(case, checks.CHECKS.values(), {})
    }
    way.close()
    return found


def failed(found: dict[str, inspection.Result]) -> dict[str, str]:
    return {
        name: f"{result.sent}: {result.came}"
        for name, result in found.items()
        if result.outcome is inspection.Outcome.FAILED
    }


def skipped(found: dict[str, inspection.Result]) -> set[str]:
    return {name for name, result in found.items() if result.outcome is inspection.Outcome.SKIPPED}


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_the_facade_at_rest_passes_every_check(facade: Any, scope: str) -> None:
    found = checked(facade, scope)

    assert failed(found) == {}
    assert skipped(found) == WHILE_BUSY | ELSEWHERE.get(scope, set())


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_the_facade_whose_records_change_before_every_page_passes_every_check(
    facade: Any, scope: str
) -> None:
    facade.is_busy = True

    found = checked(facade, scope)

    assert failed(found) == {}
    assert skipped(found) == AT_REST | ELSEWHERE.get(scope, set())
