"""Servers with one fault about what they take and refuse."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.right_records import Fields
from tests.conformance.right_server import (
    EMPTY_SHOP,
    FOREIGN_SHOP,
    KEY,
    SHOP,
    Ask,
    Callback,
    Refuse,
    Reply,
)

Feed = dict[int, Fields]
Headers = dict[str, str] | None


class PageDemanded(Callback):
    """Wants a page number."""

    fails = "first-page-unnamed"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        if not {"page", "cursor"} & ask.query.keys():
            raise Refuse(400, "PAGE_MISSING", "Name a page.")
        return super().page(ask, feed)


class JsonTypeDemanded(Callback):
    """Reads the body only where it is called JSON."""

    fails = "any-content-type"

    def shop(self, ask: Ask) -> str:
        if ask.headers.get("content-type") != "application/json":
            raise Refuse(400, "TYPE_WRONG", "Send JSON.")
        return super().shop(ask)


class StrictParameters(Callback):
    """Refuses parameters it does not know."""

    fails = "unknown-parameters"

    def page(self, ask: Ask, feed: Feed) -> Reply:
        if ask.query.keys() - {"page", "page_size", "cursor"}:
            raise Refuse(400, "PARAMETER_UNKNOWN", "There is no such parameter.")
        return super().page(ask, feed)


class ExactShop(Callback):
    """Looks the shop up as it was written."""

    fails = "shop-trimmed"

    def shop(self, ask: Ask) -> str:
        shop = super().shop(ask)
        return self.known(json.loads(ask.body)["shop"]) and shop


class Cacheable(Callback):
    """Serves GET as well."""

    fails = "post-only"

    def accept(self, ask: Ask) -> None:
        """Takes any method."""


class EmptyForBadBodies(Callback):
    """Takes a body it cannot read for a shop without records."""

    fails = "bad-bodies-refused"

    def shop(self, ask: Ask) -> str:
        try:
            return super().shop(ask)
        except Refuse as refused:
            if refused.reason != "SHOP_INVALID" or b'"shop": "' in ask.body:
                raise
            return EMPTY_SHOP


class BlankShopIsAnyShop(Callback):
    """Takes a blank shop for the first one."""

    fails = "blank-shop-refused"

    def shop(self, ask: Ask) -> str:
        is_blank = b'"shop": "' in ask.body and not json.loads(ask.body)["shop"].strip()
        return SHOP if is_blank else super().shop(ask)


class EmptyForUnknownShops(Callback):
    """Takes every shop for one, without records."""

    fails = "unknown-shop-refused"

    def known(self, shop: str) -> str:
        return shop if shop == SHOP else EMPTY_SHOP


class BadPagesAreTheFirst(Callback):
    """Takes a page it cannot read for page 1."""

    fails = "bad-pages-refused"

    def number(self, text: str, field: str) -> int:
        try:
            return super().number(text, field)
        except Refuse:
            if field != "page":
                raise
            return 1


class BadSizesAreTheDefault(Callback):
    """Takes a page_size it cannot read for its own."""

    fails = "bad-page-sizes-refused"

    def number(self, text: str, field: str) -> int:
        try:
            return super().number(text, field)
        except Refuse:
            if field != "page_size":
                raise
            return 50


class ErrorsAreFine(Callback):
    """Sends its errors with HTTP 200."""

    fails = "error-status"

    def refusal(self, refused: Refuse) -> Reply:
        reply = super().refusal(refused)
        reply.status = refused.status if refused.reason in _BY_STATUS else 200
        return reply


class BadBodiesBreakIt(Callback):
    """Fails where it cannot read what was sent."""

    fails = "error-is-the-callers"

    def refusal(self, refused: Refuse) -> Reply:
        reply = super().refusal(refused)
        reply.status = 500 if refused.reason == "SHOP_INVALID" else refused.status
        return reply


class HtmlErrors(Callback):
    """Sends its framework's page for an error."""

    fails = "error-envelope"

    def refusal(self, refused: Refuse) -> Reply:
        body = b"<h1>Bad Request</h1>"
        headers = {"Content-Type": "text/html", "Content-Length": str(len(body))}
        return Reply(refused.status, body, headers)


class ErrorsLikeLastPages(Callback):
    """Puts an empty page around its errors."""

    fails = "error-without-data"

    def reply(self, document: Fields, headers: Headers = None, status: int = 200) -> Reply:
        if status >= 400:
            meta = {"has_next_page": False, "cursor": None, "page": 1, "page_size": 50}
            document = document | {"meta": meta, "data": []}
        return super().reply(document, headers, status)


class OpenToAll(Callback):
    """Serves who sends no key."""

    fails = "key-required"

    def authorise(self, ask: Ask) -> None:
        if "x-api-key" in ask.headers:
            super().authorise(ask)


class AnyKey(Callback):
    """Asks for a key and takes any."""

    fails = "key-checked"

    def authorise(self, ask: Ask) -> None:
        if "x-api-key" not in ask.headers:
            raise Refuse(401, "KEY_MISSING", f"Send a key of {len(KEY)} characters.")


class ForeignShopServed(Callback):
    """Shows one shop's key the records of another."""

    fails = "foreign-shop-refused"

    def known(self, shop: str) -> str:
        return SHOP if shop == FOREIGN_SHOP else super().known(shop)


class ForeignShopTold(Callback):
    """Tells who asks that the shop of another is there."""

    fails = "foreign-shop-refused"

    def known(self, shop: str) -> str:
        if shop == FOREIGN_SHOP:
            raise Refuse(403, "SHOP_FOREIGN", "That shop is another's.")
        return super().known(shop)


_BY_STATUS = (
    "TOKEN_INVALID",
    "KEY_INVALID",
    "METHOD_NOT_ALLOWED",
    "SHOP_NOT_FOUND",
    "PAGE_NOT_SERVED",
)

SERVERS: tuple[type[Any], ...] = tuple(
    found
    for found in dict(globals()).values()
    if isinstance(found, type) and "fails" in vars(found)
)
