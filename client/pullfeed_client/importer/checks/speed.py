"""How long pages take."""

from __future__ import annotations

import statistics

from pullfeed_client.importer import evidence
from pullfeed_client.importer.checks import answer, registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("speed", needs=("first-page",))

_ENOUGH_PAGES = 9
_GROWTH = 3.0
# Less than this is noise, however often it is doubled.
_NOTICED_S = 0.05


@group.check(
    "time-budget",
    says="Every page comes within the importer's time budget (--budget, 10 s).",
    mend="Page by key with an index that fits the order; do not count; render nothing per request.",
)
def time_budget(case: evidence.Evidence) -> registry.Finding:
    slowest = max(answer.answered(case), key=lambda page: page.exchange.elapsed_s)
    took = slowest.exchange.elapsed_s
    came = f"{took:.2f} s, the slowest of {len(answer.answered(case))} pages"
    return registry.noted(slowest.exchange, came, is_right=took <= case.terms.budget_s)


@group.check(
    "depth-is-free",
    says="A page late in the walk takes no longer than an early one.",
    mend="Page by key, not by OFFSET: the database reads and throws away all rows before.",
    severity=Severity.WARNING,
)
def depth_is_free(case: evidence.Evidence) -> registry.Finding:
    # The last page may be short.
    pages = case.any_whole.pages[:-1]
    if len(pages) < _ENOUGH_PAGES:
        raise evidence.Unable(f"{len(pages)} full pages are too few to see a trend")
    third = len(pages) // 3
    times = [page.exchange.elapsed_s for page in pages]
    early, late = statistics.median(times[:third]), statistics.median(times[-third:])
    grows = late > _GROWTH * early and late - early > _NOTICED_S
    came = f"median {early * 1000:.1f} ms early, {late * 1000:.1f} ms late in {len(pages)} pages"
    return registry.noted(pages[-1].exchange, came, is_right=not grows)
