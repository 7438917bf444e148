"""Requests that must be refused, and how: an error must never look like an empty last page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator

from pullfeed_client.importer import evidence, probe, seen
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("refusals", needs=registry.READABLE)

UNKNOWN_SHOP = "no-such-shop.pullfeed-check.example"
_BAD_BODIES = (b"", b"shop=x", b'["x"]', b"{}", b'{"shop":7}', b'{"shop":null}')

Requests = Iterator[probe.Request]


def _bad_bodies(case: evidence.Evidence) -> Requests:
    request = case.request(page=1, page_size=2)
    return (dataclasses.replace(request, body=body) for body in _BAD_BODIES)


def _blank_shops(case: evidence.Evidence) -> Requests:
    request = case.request(page=1, page_size=2)
    for shop in ("", "  "):
        yield dataclasses.replace(request, body=json.dumps({"shop": shop}).encode())


def _bad_pages(case: evidence.Evidence) -> Requests:
    return (case.request(page=page, page_size=2) for page in ("0", "-1", "abc", 10**30))


def _bad_sizes(case: evidence.Evidence) -> Requests:
    return (case.request(page=1, page_size=size) for size in ("0", "-1", "x"))


def _bad_cursors(case: evidence.Evidence) -> Requests:
    yield case.request(cursor="pullfeed-check", page_size=2)
    given = next((page.cursor for page in case.walk("cursor").pages if page.cursor), None)
    if given and len(given) > 1:
        yield case.request(cursor=given[:-1], page_size=2)


def _unknown_shops(case: evidence.Evidence) -> Requests:
    yield case.request(shop=UNKNOWN_SHOP, page=1, page_size=2)


@group.check(
    "bad-bodies-refused",
    says="A body that is no JSON object with the text `shop` is refused.",
    mend="Answer 400 with the error envelope.",
)
def bad_bodies_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _bad_bodies)


@group.check(
    "blank-shop-refused",
    says="An empty or blank shop is refused.",
    mend="Answer 400: a blank shop must never mean all shops, nor an empty one.",
)
def blank_shop_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _blank_shops)


@group.check(
    "unknown-shop-refused",
    says="A shop that is not known is refused.",
    mend="Answer 404: an empty page says that the shop has no records, and an importer may "
    "delete what it holds.",
)
def unknown_shop_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _unknown_shops)


@group.check(
    "bad-pages-refused",
    says="page 0, -1, abc and one of thirty digits are refused.",
    mend="Answer 400; do not take them for page 1, nor for a page past the end.",
)
def bad_pages_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _bad_pages)


@group.check(
    "bad-page-sizes-refused",
    says="page_size 0, -1 and x are refused.",
    mend="Answer 400; do not put your default in their place.",
)
def bad_page_sizes_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _bad_sizes)


@group.check(
    "bad-cursors-refused",
    says="A cursor that is made up or cut is refused.",
    mend="Answer 400; do not begin again at the first page: the importer would walk for ever.",
)
def bad_cursors_refused(case: evidence.Evidence) -> registry.Finding:
    return _all_refused(case, _bad_cursors)


@group.check(
    "error-status",
    says="An error has an HTTP status of 400 or more.",
    mend="Set the status too; importers look at it first, and take a 200 for a page.",
)
def error_status(case: evidence.Evidence) -> registry.Finding:
    return _every_refusal(case, lambda page: page.exchange.status >= 400)


@group.check(
    "error-is-the-callers",
    says="What the request did wrong is a 4xx: a 5xx asks for a retry.",
    mend="Catch what cannot be read before it is used; the server's log has the trace.",
)
def error_is_the_callers(case: evidence.Evidence) -> registry.Finding:
    return _every_refusal(case, lambda page: page.exchange.status < 500)


@group.check(
    "error-envelope",
    says='An error is {"status":"error","message":"what to do"} in JSON.',
    mend="Answer errors of every layer so, also those of the framework and the proxy.",
    severity=Severity.WARNING,
)
def error_envelope(case: evidence.Evidence) -> registry.Finding:
    return _every_refusal(case, _is_error_envelope)


@group.check(
    "error-without-data",
    says="An error has neither data nor meta: it must not look like an empty last page.",
    mend="Leave both out.",
)
def error_without_data(case: evidence.Evidence) -> registry.Finding:
    return _every_refusal(case, lambda page: not {"data", "meta"} & _names(page))


def refusals(case: evidence.Evidence) -> list[seen.Page]:
    """What was answered to all that must be refused, where it does not look like a page."""
    asked = (_bad_bodies, _blank_shops, _unknown_shops, _bad_pages, _bad_sizes)
    kinds = (*asked, _bad_cursors) if "cursor" in case.terms.modes else asked
    pages = [case.once(request) for kind in kinds for request in kind(case)]
    return [page for page in pages if page.exchange.answer and not page.is_page]


def _all_refused(
    case: evidence.Evidence, kind: Callable[[evidence.Evidence], Requests]
) -> registry.Finding:
    pages = [case.once(request) for request in kind(case)]
    for page in pages:
        if page.is_page or page.exchange.answer is None:
            return registry.wrong(page)
    return registry.right(pages[-1])


def _every_refusal(
    case: evidence.Evidence, is_right: Callable[[seen.Page], bool]
) -> registry.Finding:
    pages = refusals(case)
    if not pages:
        raise evidence.Unable("nothing that must be refused was refused")
    for page in pages:
        if not is_right(page):
            return registry.wrong(page)
    return registry.right(pages[0], f"{len(pages)} refusals are so; {pages[0].came}")


def _is_error_envelope(page: seen.Page) -> bool:
    envelope = page.envelope or {}
    message = envelope.get("message")
    return envelope.get("status") == "error" and isinstance(message, str) and bool(message)


def _names(page: seen.Page) -> set[str]:
    names = set(page.envelope or {})
    return names if page.data == "absent" else names | {"data"}
