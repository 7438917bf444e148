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


def _some(ids: set[str]) -> str:
    shown = ", ".join(sorted(ids)[:3])
    return f"{len(ids)} records (for example {shown})"
