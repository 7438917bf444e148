"""Does the callback answer at all, and over sound HTTP."""

from __future__ import annotations

from pullfeed_client.importer import evidence, seen
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("answer")


@group.check(
    "first-page",
    says='POST {scope}?page=1&page_size=50 with {"shop":"…"} is answered with HTTP 200.',
    mend="Look at the URL, the shop and the key first, then at the server's log.",
)
def first_page(case: evidence.Evidence) -> registry.Finding:
    page = case.first
    return (registry.right if page.exchange.status == 200 else registry.wrong)(page)


@group.check(
    "json",
    says="The body is one JSON object in UTF-8.",
    mend="Print the envelope with a JSON library, in UTF-8, and nothing around it.",
    needs=("first-page",),
)
def json_object(case: evidence.Evidence) -> registry.Finding:
    for page in answered(case):
        if page.exchange.status == 200 and page.envelope is None:
            return registry.wrong(page, "HTTP 200 with a body that is no JSON object in UTF-8")
    return registry.right(case.first)


@group.check(
    "content-type",
    says="Content-Type is application/json; a charset, where one is named, is utf-8.",
    mend="Send Content-Type: application/json.",
    severity=Severity.WARNING,
    needs=("first-page",),
)
def content_type(case: evidence.Evidence) -> registry.Finding:
    page = case.first
    told = page.exchange.header("content-type")
    kind, *parameters = (part.strip().lower() for part in told.split(";"))
    charsets = [part for part in parameters if part.startswith("charset=")]
    is_right = kind == "application/json" and all(
        charset.split("=")[1].strip('"') == "utf-8" for charset in charsets
    )
    came = f"Content-Type: {told or 'none'}"
    return registry.noted(page.exchange, came, is_right=is_right)


@group.check(
    "framing",
    says="The body's end is told by Content-Length or by chunked encoding.",
    mend="Set Content-Length: without it an importer cannot tell a cut answer from a whole one.",
    severity=Severity.WARNING,
    needs=("first-page",),
)
def framing(case: evidence.Evidence) -> registry.Finding:
    exchange = case.first.exchange
    if exchange.header("content-length"):
        return registry.noted(exchange, "Content-Length", is_right=True)
    if "chunked" in exchange.header("transfer-encoding").lower():
        return registry.noted(exchange, "chunked encoding", is_right=True)
    came = "neither Content-Length nor chunked encoding"
    return registry.noted(exchange, came, is_right=False)


@group.check(
    "answers-whole",
    says="Every answer comes whole: as many bytes as Content-Length says, no cut connection.",
    mend="Look for a proxy, worker or timeout that ends answers early, and at Content-Length.",
    needs=("first-page",),
)
def answers_whole(case: evidence.Evidence) -> registry.Finding:
    for page in answered(case):
        if page.exchange.answer is None and "timeout" not in page.exchange.failure:
            return registry.wrong(page)
    return registry.right(case.first, f"{len(answered(case))} whole answers")


def answered(case: evidence.Evidence) -> list[seen.Page]:
    """The first page and the pages of all walks."""
    return [case.first, *case.seen_pages]
