"""The reports: every result in each of them, nothing that a format cannot carry."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pullfeed_client.importer import checks, inspection
from pullfeed_client.importer.reports import junit, lines, page, tally

PASSED, FAILED, SKIPPED = inspection.Outcome
NASTY = 'HTTP 500 "<b>&\x00\x1b[31m"'
RESULTS = [
    inspection.Result("customer", checks.CHECKS["json"], PASSED, "POST /customers", "HTTP 200"),
    inspection.Result("customer", checks.CHECKS["dates"], FAILED, "POST /customers", NASTY),
    inspection.Result("order", checks.CHECKS["framing"], FAILED, "POST /orders", "neither"),
    inspection.Result("order", checks.CHECKS["key-required"], SKIPPED, reason="no key"),
]


def test_the_tally_counts_by_outcome_and_severity() -> None:
    assert tally.sentence(RESULTS) == "1 passed, 2 failed (1 errors, 1 warnings), 1 skipped"


def test_junit_has_a_suite_a_scope_and_a_case_a_check() -> None:
    root = ElementTree.fromstring(junit.document(RESULTS, "http://127.0.0.1"))  # noqa: S314

    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root]
    assert suites == [("customer", "2", "1"), ("order", "2", "1")]
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "json": [], "dates": ["failure"], "framing": ["failure"], "key-required": ["skipped"],
    }  # fmt: skip
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == 'HTTP 500 "<b>&[31m"'
    assert "mend: " in (failure.text or "")


def test_the_html_page_is_self_contained_and_escaped() -> None:
    told = page.document(RESULTS, "http://127.0.0.1/<x>", "2026-01-01 00:00 UTC")

    assert "http://127.0.0.1/&lt;x&gt;, 2026-01-01 00:00 UTC: 1 passed" in told
    assert "&lt;b&gt;&amp;" in told
    assert "<b>&" not in told
    assert "src=" not in told
    assert "<link" not in told
    assert told.count("<details") == 4


def test_the_lines_explain_what_failed_only(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines.Lines()
    for result in RESULTS:
        shown.result(result)

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.count("mend") == 2
    assert "  ok       json                   HTTP 200\n" in printed
    assert "  WARNING  framing                neither\n" in printed
    assert "  skipped  key-required           no key\n" in printed
