"""Imports with faults made on purpose, each proved complete against a walk before and after."""

from __future__ import annotations

from pullfeed_client.importer import evidence, importing, ordeal, seen, state, transport, walk
from pullfeed_client.importer.checks import registry

# What these look at: where it fails, an import cannot be complete.
_NEEDS = (
    *registry.READABLE, "answers-whole", "pages-full", "has-next-page-exact", "modes-agree",
    "cursor-given", "cursor-advances", "pages-advance", "same-page-twice", "same-cursor-twice",
    "past-end-empty", "no-id-twice", "first-page-unnamed", "ids",
    "required-fields", "commit-repeated", "commit-out-of-order", "pages-out-of-order",
    "pages-in-parallel",
)  # fmt: skip

group = registry.Group("faults", needs=_NEEDS)


@group.check(
    "complete-under-faults",
    says="An importer whose requests are doubled, cut, lost or slow, and which is killed and "
    "goes on, has every record in the end.",
    mend="Let a page depend on what is asked, not on what was asked before or answered to whom.",
)
def complete_under_faults(case: evidence.Evidence) -> registry.Finding:
    seed = _seed(case)
    told: list[str] = []
    for mode in case.terms.modes:
        known = case.whole(mode)
        try:
            came = ordeal.run(_place(case), _order(case, mode), seed)
        except _FAILURES as error:
            return registry.wrong(known.pages[0], f"by {mode}, seed {seed}: {error}")
        missing = _missing(case, came.records)
        made = ", ".join(f"{count} {fault}" for fault, count in sorted(came.faults.items()))
        told.append(f"by {mode}: {came.lives} lives ({made})")
        if missing:
            lacks = f"seed {seed}: {len(missing)} records missing or old, {missing[0]}"
            return registry.wrong(known.pages[0], f"{told[-1]}, {lacks}")
    return registry.right(case.first, f"complete; {'; '.join(told)}")


@group.check(
    "complete-in-any-order",
    says="In a feed that rests, all pages asked backward and at random over four connections "
    "make a complete copy.",
    mend="Serve several connections at a time, and let each request say by itself which records "
    "it means.",
)
def complete_in_any_order(case: evidence.Evidence) -> registry.Finding:
    seed = _seed(case)
    case.demand_quiet()
    known = case.whole("page")
    try:
        came = ordeal.in_any_order(_place(case), _order(case, "page"), len(known.pages), seed)
    except _FAILURES as error:
        return registry.wrong(known.pages[0], f"seed {seed}: {error}")
    missing = _missing(case, came)
    if missing:
        lacks = f"seed {seed}: {len(missing)} records missing, {missing[0]}"
        return registry.wrong(known.pages[0], lacks)
    return registry.right(known.pages[0], f"{len(came)} records of {len(known.pages)} pages")


_FAILURES = (
    walk.Broken, walk.Refused, transport.Unreachable, state.Unreadable, ordeal.Unfinished,
)  # fmt: skip


def _seed(case: evidence.Evidence) -> int:
    if case.terms.faults is None:
        raise evidence.Unable("not asked for: --faults SEED")
    return case.terms.faults


def _place(case: evidence.Evidence) -> ordeal.Place:
    return ordeal.Place(case.way.url, case.terms.key, 2 * case.terms.budget_s)


def _order(case: evidence.Evidence, mode: walk.Mode) -> importing.Order:
    has_commits = bool(case.first.commit_token) and not case.terms.is_read_only
    commit: importing.Commit = "each" if has_commits else "never"
    return importing.Order(case.scope, case.terms.shop, mode, case.size, commit)


def _missing(case: evidence.Evidence, came: ordeal.Records) -> list[str]:
    """What the copy lacks: ids that were there before and are after, in their newest form.

    A record that changed meanwhile may be there in either form.
    """
    before, after = set(case.walks[0].keys), set(case.walk_now().keys)
    copied = {seen.key(record, case.scope.id_field) for record in came.values()}
    lacking = [key.id for key in (before & after) - copied]
    changed = {key.id for key in before} & {key.id for key in after}
    return sorted({*lacking, *(changed - came.keys())})
