"""Requests that must be taken: as plain or as dressed as importers send them."""

from __future__ import annotations

import dataclasses
import json

from pullfeed_client.importer import evidence, probe
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("requests", needs=registry.READABLE)


@group.check(
    "first-page-unnamed",
    says="Neither cursor nor page means the first page.",
    mend="Take page=1 where neither comes: a walk by cursor begins so.",
)
def first_page_unnamed(case: evidence.Evidence) -> registry.Finding:
    return _as_first(case, case.request(page_size=case.terms.page_size))


@group.check(
    "any-content-type",
    says="The body is read as JSON whatever Content-Type says, also without one.",
    mend="Parse the raw body; some importers send no Content-Type.",
)
def any_content_type(case: evidence.Evidence) -> registry.Finding:
    request = _first(case)
    finding = _as_first(case, request)
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        finding = _as_first(case, dataclasses.replace(request, content_type=kind))
        if not finding.is_right:
            break
    return finding


@group.check(
    "unknown-parameters",
    says="Query parameters nobody knows are ignored.",
    mend="Ignore them: importers and proxies add their own.",
    severity=Severity.WARNING,
)
def unknown_parameters(case: evidence.Evidence) -> registry.Finding:
    size = case.terms.page_size
    return _as_first(case, case.request(page=1, page_size=size, pullfeed_check="x"))


@group.check(
    "shop-trimmed",
    says="The shop is trimmed and its case does not matter.",
    mend="Trim and lower-case the domain before it is looked up.",
    severity=Severity.WARNING,
)
def shop_trimmed(case: evidence.Evidence) -> registry.Finding:
    body = json.dumps({"shop": f" {case.terms.shop.upper()} "}).encode()
    return _as_first(case, dataclasses.replace(_first(case), body=body))


@group.check(
    "post-only",
    says="Only POST brings a page; GET is refused.",
    mend="Answer 405 with Allow: POST: what GET brings may be kept by caches on the way.",
    severity=Severity.WARNING,
)
def post_only(case: evidence.Evidence) -> registry.Finding:
    page = case.send(dataclasses.replace(_first(case), method="GET"))
    is_refused = 400 <= page.exchange.status < 500
    return (registry.right if is_refused else registry.wrong)(page)


def _first(case: evidence.Evidence) -> probe.Request:
    return case.request(page=1, page_size=case.terms.page_size)


def _as_first(case: evidence.Evidence, request: probe.Request) -> registry.Finding:
    """Does the request bring the first page. Some of its records may change meanwhile."""
    page = case.send(request)
    ids, first = ({key.id for key in each.keys} for each in (page, case.first))
    is_first = page.is_page and 2 * len(ids & first) >= len(first)
    return (registry.right if is_first else registry.wrong)(page)
