"""Who may ask: the key, and the shops it may see."""

from __future__ import annotations

import dataclasses

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import refusals, registry

group = registry.Group("access", needs=registry.READABLE)


@group.check(
    "key-required",
    says="Where a key was agreed, a request without X-Api-Key is refused.",
    mend="Answer 401 before anything is read.",
)
def key_required(case: evidence.Evidence) -> registry.Finding:
    return _refused(_with_key(case, ""))


@group.check(
    "key-checked",
    says="A request with a wrong key is refused.",
    mend="Compare the whole key, in constant time; answer 401.",
)
def key_checked(case: evidence.Evidence) -> registry.Finding:
    given = case.terms.key
    return _refused(_with_key(case, given[:-1] + ("A" if given[-1:] != "A" else "B")))


@group.check(
    "foreign-shop-refused",
    says="The shop of another is refused exactly as one that is not known.",
    mend="Ask first whether the key may see the shop; answer both with the same 404, so that "
    "nobody learns which shops there are.",
    needs=("unknown-shop-refused",),
)
def foreign_shop_refused(case: evidence.Evidence) -> registry.Finding:
    if not case.terms.foreign_shop:
        raise evidence.Unable("name a shop that the key must not see: --foreign-shop")
    foreign, unknown = (
        case.send(case.request(shop=shop, page=1, page_size=2))
        for shop in (case.terms.foreign_shop, refusals.UNKNOWN_SHOP)
    )
    is_refused = foreign.exchange.status in (401, 403, 404)
    is_alike = foreign.exchange.status == unknown.exchange.status
    if is_refused and not is_alike:
        return registry.wrong(foreign, f"{foreign.came}; a shop not known: {unknown.came}")
    return (registry.right if is_refused else registry.wrong)(foreign)


def _with_key(case: evidence.Evidence, key: str) -> seen.Page:
    if not case.terms.key:
        raise evidence.Unable("no key was agreed; give it with --key")
    request = case.request(page=1, page_size=2)
    return case.send(dataclasses.replace(request, key=key))


def _refused(page: seen.Page) -> registry.Finding:
    return (registry.right if page.exchange.status in (401, 403) else registry.wrong)(page)
