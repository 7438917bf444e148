"""Runs the checks over a scope; a check that cannot run says why."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pullfeed_client.importer import evidence
from pullfeed_client.importer.checks import registry


class Outcome(enum.StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one check in one scope. reason: why it was skipped."""

    scope: str
    check: registry.Check
    outcome: Outcome
    sent: str = ""
    came: str = ""
    reason: str = ""

    def fields(self) -> dict[str, Any]:
        """The result as reports print it."""
        return {
            "scope": self.scope,
            "check": self.check.name,
            "group": self.check.group,
            "severity": self.check.severity.value,
            "outcome": self.outcome.value,
            "sent": self.sent,
            "came": self.came,
            "contract": self.check.says,
            "mend": self.check.mend,
            "reason": self.reason,
        }


def results(
    case: evidence.Evidence, checks: Iterable[registry.Check], skipped: Mapping[str, str]
) -> Iterator[Result]:
    """The result of each check that is about this scope, as soon as it is known.

    skipped: by name of a check, the reason why it is left out.
    """
    blocking: set[str] = set()
    for check in checks:
        if case.scope.name in check.scopes:
            lacking = [need for need in check.needs if need in blocking]
            result = _result(case, check, skipped, lacking)
            if lacking or result.outcome is Outcome.FAILED:
                blocking.add(check.name)
            yield result


def _result(
    case: evidence.Evidence,
    check: registry.Check,
    skipped: Mapping[str, str],
    lacking: list[str],
) -> Result:
    reason = _why_not(case, check, skipped, lacking)
    if reason:
        return Result(case.scope.name, check, Outcome.SKIPPED, reason=reason)
    try:
        found = check.judge(case)
    except evidence.Unable as unable:
        return Result(case.scope.name, check, Outcome.SKIPPED, reason=str(unable))
    outcome = Outcome.PASSED if found.is_right else Outcome.FAILED
    return Result(case.scope.name, check, outcome, found.sent, found.came)


def _why_not(
    case: evidence.Evidence,
    check: registry.Check,
    skipped: Mapping[str, str],
    lacking: list[str],
) -> str:
    if check.name in skipped:
        return skipped[check.name]
    if check.commits and case.terms.is_read_only:
        return "--read-only"
    return f"it says nothing without {', '.join(lacking)}" if lacking else ""
