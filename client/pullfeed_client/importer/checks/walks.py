"""Whole walks against each other: nothing doubled, nothing missed."""

from __future__ import annotations

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import registry

group = registry.Group("walks", needs=registry.READABLE)


@group.check(
    "no-id-twice",
    says="In a feed that rests, no id comes twice in a walk.",
    mend="Order by something unique, and look for a join that multiplies rows.",
    needs=("pages-advance",),
)
def no_id_twice(case: evidence.Evidence) -> registry.Finding:
    case.demand_quiet()
    for walk in case.walks:
        at: dict[str, seen.Page] = {}
        for page in walk.pages:
            for key in page.keys:
                if key.id in at:
                    return registry.wrong(page, f"id {key.id} a second time")
                at[key.id] = page
    return registry.right(case.first, f"{len(case.walks[0].keys)} different ids")


@group.check(
    "modes-agree",
    says="In a feed that rests, a walk by cursor and one by page number bring the same records.",
    mend="Serve both from one ordered list.",
)
def modes_agree(case: evidence.Evidence) -> registry.Finding:
    by_cursor, by_page = case.whole("cursor"), case.whole("page")
    case.demand_quiet()
    apart = {key.id for key in set(by_cursor.keys) ^ set(by_page.keys)}
    if apart:
        return registry.wrong(by_page.pages[-1], f"{_some(apart)} came in one of the two only")
    return registry.right(by_page.pages[-1], f"the same {len(set(by_page.keys))} records")


@group.check(
    "complete-under-writes",
    says="A record that is in the feed all along comes in every walk, also while others change.",
    mend="Page by key (what comes after the last one), not by OFFSET: a row that leaves or moves "
    "shifts all behind it, and one is skipped.",
)
def complete_under_writes(case: evidence.Evidence) -> registry.Finding:
    if case.is_quiet:
        raise evidence.Unable(
            "nothing changed while the feed was walked, so nothing could be skipped; "
            "--disturb COMMAND changes a record in the middle of a walk"
        )
    before, *between, after = case.walks
    there_all_along = {key.id for key in before.keys} & {key.id for key in after.keys}
    for walk in between:
        missed = there_all_along - {key.id for key in walk.keys}
        if missed:
            return registry.wrong(
                walk.pages[-1],
                f"{_some(missed)} came in the walk before and the one after, not in this one",
            )
    return registry.right(before.pages[0], f"{len(there_all_along)} records came in every walk")


def _some(ids: set[str]) -> str:
    shown = ", ".join(sorted(ids)[:3])
    return f"{len(ids)} records (for example {shown})"
