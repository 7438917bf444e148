"""A right callback in memory: small, and nobody's code but its own.

The wrong servers are this one with one method replaced.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json

from tests.conformance.right_records import Fields, made

SHOP, EMPTY_SHOP, FOREIGN_SHOP = "right.example", "empty.example", "foreign.example"
KEY = "key-of-the-right-server"
MAX_PAGE_SIZE = 1000
SCOPES = ("customers", "orders", "products")


@dataclasses.dataclass(frozen=True)
class Ask:
    """A request. action: "" for a page, else "commit". peer: its connection."""

    method: str
    scope: str
    action: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer: object


@dataclasses.dataclass
class Reply:
    """An answer. is_whole: else the connection is cut in its middle."""

    status: int
    body: bytes
    headers: dict[str, str]
    is_whole: bool = True


class Refuse(Exception):
    """What is asked is not done; the text is the sentence for it."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(message)


class Callback:
    """The contract, as plain as it can be said.

    feeds: by scope, records under their change number. marks: where a numbered
    page of a size ended. served: the ends of pages, by number and size.
    """

    def __init__(self) -> None:
        self.feeds: dict[str, dict[int, Fields]] = {
            scope: dict(enumerate(made(scope), start=1)) for scope in SCOPES
        }
        self.marks: dict[tuple[str, int, int], int] = {}
        self.committed: dict[str, int] = dict.fromkeys(SCOPES, 0)
        self.live: list[object] = []
        self.now = 0.0

    def clock(self) -> float:
        """The time by this server, which stands still unless a wrong one moves it."""
        return self.now

    def disturb(self) -> None:
        """Something leaves every feed while it is walked: its first record."""
        for feed in self.feeds.values():
            feed.pop(min(feed))

    def answer(self, ask: Ask) -> Reply:
        try:
            self.authorise(ask)
            self.accept(ask)
            is_empty = self.shop(ask) == EMPTY_SHOP
            if ask.action:
                return self.reply(self.commit(ask))
            return self.page(ask, {} if is_empty else self.feeds[ask.scope])
        except Refuse as refused:
            return self.refusal(refused)

    def authorise(self, ask: Ask) -> None:
        if ask.headers.get("x-api-key") != KEY:
            raise Refuse(401, "KEY_INVALID", "The key is not known.")

    def accept(self, ask: Ask) -> None:
        if ask.method != "POST":
            raise Refuse(405, "METHOD_NOT_ALLOWED", "Only POST is served.")

    def shop(self, ask: Ask) -> str:
        try:
            document = json.loads(ask.body)
        except ValueError:
            document = None
        shop = document.get("shop") if isinstance(document, dict) else None
        if not isinstance(shop, str) or not shop.strip():
            raise Refuse(400, "SHOP_INVALID", "Name a shop.")
        return self.known(shop.strip().lower())

    def known(self, shop: str) -> str:
        if shop not in (SHOP, EMPTY_SHOP):
            raise Refuse(404, "SHOP_NOT_FOUND", "There is no such shop.")
        return shop

    def page(self, ask: Ask, feed: dict[int, Fields]) -> Reply:
        size = self.size(ask)
        number = self.number(ask.query.get("page", "1"), "page")
        after = self.after(ask, feed, number, size)
        following = sorted(position for position in feed if position > after)
        positions = following[:size]
        end = positions[-1] if positions else after
        if "cursor" not in ask.query:
            self.marks[ask.scope, size, number] = end
        has_next = self.has_next(following, size)
        meta = {
            "has_next_page": has_next,
            "cursor": self.cursor(ask.scope, end) if has_next else None,
            "page": number,
            "page_size": size,
        }
        records = [self.record(ask.scope, feed[position]) for position in positions]
        envelope = {"status": "success", "message": "", "meta": meta, "data": records}
        token = self.signed(f"t-{ask.scope}-{end}")
        return self.reply(self.envelope(envelope), {"X-Commit-Token": token})

    def envelope(self, envelope: Fields) -> Fields:
        return envelope

    def size(self, ask: Ask) -> int:
        size = self.number(ask.query.get("page_size", "50"), "page_size")
        if size > MAX_PAGE_SIZE:
            raise Refuse(400, "FIELD_INVALID", "page_size is too large.")
        return size

    def number(self, text: str, field: str) -> int:
        if not text.isdigit() or not 1 <= int(text) < 10**9:
            raise Refuse(400, "FIELD_INVALID", f"{field} is no whole number above 0.")
        return int(text)

    def after(self, ask: Ask, feed: dict[int, Fields], number: int, size: int) -> int:
        """The change number behind which the page begins."""
        if "cursor" in ask.query:
            return self.opened(ask.query["cursor"], f"c-{ask.scope}")
        if number == 1:
            return 0
        marked = self.marks.get((ask.scope, size, number - 1))
        return self.counted(feed, (number - 1) * size) if marked is None else marked

    def counted(self, feed: dict[int, Fields], count: int) -> int:
        skipped = sorted(feed)[:count]
        return skipped[-1] if skipped else 0

    def has_next(self, following: list[int], size: int) -> bool:
        return len(following) > size

    def cursor(self, scope: str, end: int) -> str | None:
        return self.signed(f"c-{scope}-{end}")

    def signed(self, text: str) -> str:
        return f"{text}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def opened(self, text: str, kind: str) -> int:
        inner = text.rpartition("-")[0]
        if self.signed(inner) != text or not inner.startswith(f"{kind}-"):
            reason = "CURSOR_INVALID" if kind.startswith("c") else "TOKEN_INVALID"
            raise Refuse(400, reason, "That was not given out by this server.")
        return int(inner.rpartition("-")[2])

    def record(self, scope: str, record: Fields) -> Fields:
        return record

    def commit(self, ask: Ask) -> Fields:
        if "commit_token" in ask.query:
            end = self.opened(ask.query["commit_token"], f"t-{ask.scope}")
        else:
            asked = ask.scope, int(ask.query["page_size"]), int(ask.query["page"])
            if asked not in self.marks:
                raise Refuse(400, "PAGE_NOT_SERVED", "That page was never served.")
            end = self.marks[asked]
        before = self.committed[ask.scope]
        self.committed[ask.scope] = self.moved(before, end)
        position = self.committed[ask.scope]
        told = {"position": position, "advanced": position > before, "committed_date": None}
        return {"status": "success", "message": "", "commit": told}

    def moved(self, before: int, end: int) -> int:
        return max(before, end)

    def refusal(self, refused: Refuse) -> Reply:
        error = {"code": "INVALID", "reason": refused.reason}
        document = {"status": "error", "message": str(refused), "error": error}
        return self.reply(document, status=refused.status)

    def reply(
        self, document: Fields, headers: dict[str, str] | None = None, status: int = 200
    ) -> Reply:
        body = json.dumps(document, ensure_ascii=False).encode()
        kind = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return Reply(status, body, kind | (headers or {}))
