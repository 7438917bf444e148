"""The envelope around a page: shape, keys, types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("envelope", needs=("first-page", "json"))

META = ("cursor", "page", "page_size")


@group.check(
    "envelope-shape",
    says="The answer has the object `meta` and the list `data`; `data` holds objects.",
    mend='Answer {"status":"success","message":"","meta":{…},"data":[…]}, data a list also '
    "where it is empty.",
)
def envelope_shape(case: evidence.Evidence) -> registry.Finding:
    def fault(page: seen.Page) -> str:
        envelope: dict[str, Any] = page.envelope or {}
        if not isinstance(envelope.get("meta"), dict):
            return "there is no object `meta`"
        return "" if page.data == "list" else f"`data` is {page.data}"

    return _of_every_page(case, fault)


@group.check(
    "envelope-status",
    says='`status` and `message` may be left out; else they are "success" and a text.',
    mend='Send "status":"success" and "message":"" with every page, or neither.',
    needs=("envelope-shape",),
)
def envelope_status(case: evidence.Evidence) -> registry.Finding:
    def fault(page: seen.Page) -> str:
        envelope: dict[str, Any] = page.envelope or {}
        if envelope.get("status", "success") != "success":
            return 'a page whose `status` is not "success"'
        return "" if isinstance(envelope.get("message", ""), str) else "`message` is no text"

    return _of_every_page(case, fault)


@group.check(
    "has-next-page-boolean",
    says="has_next_page is there, true or false.",
    mend='Print true, not "true" or 1: "false" in quotes is true in most languages.',
    needs=("envelope-shape",),
)
def has_next_page_boolean(case: evidence.Evidence) -> registry.Finding:
    def fault(page: seen.Page) -> str:
        return "has_next_page is no boolean" if page.has_next is None else ""

    return _of_every_page(case, fault)


@group.check(
    "meta-keys",
    says="`meta` has cursor, page and page_size beside has_next_page.",
    mend="Print all of them on every page; cursor is null on the last one, not left out.",
    needs=("envelope-shape",),
)
def meta_keys(case: evidence.Evidence) -> registry.Finding:
    def fault(page: seen.Page) -> str:
        missing = [name for name in META if name not in page.meta]
        return f"`meta` lacks {', '.join(missing)}" if missing else ""

    return _of_every_page(case, fault)


@group.check(
    "meta-types",
    says="cursor is a text or null, page and page_size are whole numbers.",
    mend='Print 1, not "1", and null, not "" or "null".',
    needs=("envelope-shape",),
)
def meta_types(case: evidence.Evidence) -> registry.Finding:
    def fault(page: seen.Page) -> str:
        for name in META:
            if name in page.meta and not _is_typed(name, page.meta[name]):
                return f"`{name}` is of the wrong type"
        return ""

    return _of_every_page(case, fault)


@group.check(
    "meta-echo",
    says="page and page_size tell what was asked for.",
    mend="Tell the page and page_size of this answer; a page_size that is too large is a 400.",
    severity=Severity.WARNING,
    needs=("meta-keys", "meta-types"),
)
def meta_echo(case: evidence.Evidence) -> registry.Finding:
    walk = case.walk("page")
    for number, page in enumerate(walk.pages, start=1):
        told = page.meta.get("page"), page.meta.get("page_size")
        if page.is_page and told != (number, walk.size):
            return registry.wrong(page, f"page {told[0]}, page_size {told[1]}")
    return registry.right(walk.pages[0], f"all {len(walk.pages)} pages do")


def _of_every_page(case: evidence.Evidence, fault: Callable[[seen.Page], str]) -> registry.Finding:
    """The first page with a fault, else the first of all. Error answers are other checks'."""
    pages = [case.first, *case.seen_pages]
    for page in pages:
        if page.exchange.status == 200 and page.envelope is not None and (told := fault(page)):
            return registry.wrong(page, told)
    return registry.right(pages[0], f"{len(pages)} pages are so")


def _is_typed(name: str, value: Any) -> bool:
    if name == "cursor":
        return value is None or isinstance(value, str)
    return isinstance(value, int) and not isinstance(value, bool)
