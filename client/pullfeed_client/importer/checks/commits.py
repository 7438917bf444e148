"""Confirming delivery: these move the importer's position at the server."""

from __future__ import annotations

from typing import Any, cast

from pullfeed_client.importer import evidence, probe, seen
from pullfeed_client.importer.checks import registry
from pullfeed_client.importer.checks.registry import Severity

group = registry.Group("commits", needs=registry.READABLE, commits=True)

_ABSENT = (404, 405, 501)


@group.check(
    "commit-offered",
    says="POST {scope}/commit confirms what was delivered: ?commit_token=… (header "
    "X-Commit-Token of the page), else ?page=…&page_size=….",
    mend="Offer it, or agree with the importer that asking for the next page confirms: without "
    "either, nobody knows what arrived.",
    severity=Severity.WARNING,
)
def commit_offered(case: evidence.Evidence) -> registry.Finding:
    exchange = _committed(case, 1)
    came = seen.answered(exchange)
    return registry.noted(exchange, came, is_right=exchange.status not in _ABSENT)


@group.check(
    "commit-accepted",
    says='A commit of a page that was served is answered 200 with {"commit":{"position":…,'
    '"advanced":…}}.',
    mend="Take the commit of every page you served; store it before you answer.",
    needs=("commit-offered",),
)
def commit_accepted(case: evidence.Evidence) -> registry.Finding:
    exchange = _committed(case, 1)
    told = _commit_of(exchange)
    is_right = isinstance(told.get("position"), int) and isinstance(told.get("advanced"), bool)
    return registry.noted(exchange, _told(exchange), is_right=exchange.status == 200 and is_right)


@group.check(
    "commit-repeated",
    says="The same commit again is accepted and moves nothing.",
    mend="Answer 200 with the same position: the importer repeats a commit whose answer was lost.",
    needs=("commit-accepted",),
)
def commit_repeated(case: evidence.Evidence) -> registry.Finding:
    before, again = _committed(case, 1), _committed(case, 1)
    told, repeated = _commit_of(before), _commit_of(again)
    is_same = again.status == 200 and repeated.get("position") == told.get("position")
    return registry.noted(again, _told(again), is_right=is_same and not repeated.get("advanced"))


@group.check(
    "commit-out-of-order",
    says="An older commit that comes late is accepted and takes nothing back.",
    mend="Keep the higher position, and answer 200 with it.",
    needs=("commit-accepted",),
)
def commit_out_of_order(case: evidence.Evidence) -> registry.Finding:
    if case.first.has_next is False and case.size >= len(case.first.keys):
        raise evidence.Unable("the feed fits one page")
    later, earlier = _committed(case, 2), _committed(case, 1)
    stands = _commit_of(later).get("position")
    is_right = later.status == earlier.status == 200 and (
        _commit_of(earlier).get("position") == stands
    )
    came = f"page 2: {_told(later)}; then page 1: {_told(earlier)}"
    return registry.noted(earlier, came, is_right=is_right)


@group.check(
    "commit-forged",
    says="A commit token that was not given out is refused with 4xx.",
    mend="Sign tokens, or look them up; answer 400.",
    needs=("commit-accepted",),
)
def commit_forged(case: evidence.Evidence) -> registry.Finding:
    token = case.page(page=1, page_size=case.size).commit_token
    if not token:
        raise evidence.Unable("pages come without X-Commit-Token")
    middle = len(token) // 2
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    exchange = case.way.send(case.request("/commit", commit_token=forged))
    is_refused = 400 <= exchange.status < 500
    return registry.noted(exchange, _told(exchange), is_right=is_refused)


@group.check(
    "commit-of-unserved",
    says="A commit of a page that was never served is refused with 4xx.",
    mend="Answer 400: what was not delivered cannot be confirmed.",
    needs=("commit-accepted",),
)
def commit_of_unserved(case: evidence.Evidence) -> registry.Finding:
    # A page_size that nothing here asked for.
    exchange = case.way.send(case.request("/commit", page=999_983, page_size=37))
    is_refused = 400 <= exchange.status < 500
    return registry.noted(exchange, _told(exchange), is_right=is_refused)


def _committed(case: evidence.Evidence, number: int) -> probe.Exchange:
    """Asks for a page and commits it, by its token where it came with one."""
    page = case.first
    for each in range(1, number + 1):
        page = case.page(page=each, page_size=case.size)
    if page.commit_token:
        return case.way.send(case.request("/commit", commit_token=page.commit_token))
    return case.way.send(case.request("/commit", page=number, page_size=case.size))


def _commit_of(exchange: probe.Exchange) -> dict[str, Any]:
    document = seen.document_of(exchange.body)
    told: Any = cast("dict[str, Any]", document).get("commit") if _is_object(document) else None
    return cast("dict[str, Any]", told) if _is_object(told) else {}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _told(exchange: probe.Exchange) -> str:
    told = _commit_of(exchange)
    if not told:
        return seen.answered(exchange)
    return f"HTTP {exchange.status}, position {told.get('position')}, advanced " + (
        "true" if told.get("advanced") is True else "false"
    )
