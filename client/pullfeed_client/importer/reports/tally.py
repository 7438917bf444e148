"""How many checks passed, failed and were skipped."""

from __future__ import annotations

from collections.abc import Iterable

from pullfeed_client.importer import inspection
from pullfeed_client.importer.checks import registry


def count(
    results: Iterable[inspection.Result],
    outcome: inspection.Outcome,
    severity: registry.Severity | None = None,
) -> int:
    """The results with an outcome. severity: of this one only; None for all."""
    return sum(
        result.outcome is outcome and severity in (None, result.check.severity)
        for result in results
    )


def sentence(results: list[inspection.Result]) -> str:
    """The counts in one line: "61 passed, 1 failed (1 error, 0 warnings), 3 skipped"."""
    failed = inspection.Outcome.FAILED
    errors = count(results, failed, registry.Severity.ERROR)
    warnings = count(results, failed, registry.Severity.WARNING)
    return (
        f"{count(results, inspection.Outcome.PASSED)} passed, "
        f"{count(results, failed)} failed ({errors} errors, {warnings} warnings), "
        f"{count(results, inspection.Outcome.SKIPPED)} skipped"
    )
