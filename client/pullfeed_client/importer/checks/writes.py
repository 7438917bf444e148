"""Walks while records change."""

from __future__ import annotations

from pullfeed_client.importer import evidence
from pullfeed_client.importer.checks import registry

group = registry.Group("writes", needs=registry.READABLE)


@group.check(
    "complete-under-writes",
    says="A record that is in the feed all along comes in every walk, also while others change.",
    mend="Page by key (what comes after the last one), not by OFFSET: a row that leaves or moves "
    "shifts all behind it, and one is skipped.",
)
def complete_under_writes(case: evidence.Evidence) -> registry.Finding:
    before, *between, after = case.disturbed_walks
    for walk in case.disturbed_walks:
        evidence.demand_end(walk)
    if set(before.keys) == set(after.keys):
        raise evidence.Unable(
            "nothing changed while the feed was walked, so nothing could be skipped; "
            "--disturb COMMAND changes a record in the middle of walks"
        )
    there_all_along = {key.id for key in before.keys} & {key.id for key in after.keys}
    for walk in between:
        missed = there_all_along - {key.id for key in walk.keys}
        if missed:
            came = f"{len(missed)} records did not come (for example {min(missed)}), though the "
            page = walk.pages[-1]
            return registry.wrong(page, f"{came}walks before and after this one brought them")
    return registry.right(between[0].pages[0], f"{len(there_all_along)} records came in every walk")
