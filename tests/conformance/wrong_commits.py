"""Servers with one fault about commits."""

from __future__ import annotations

from typing import Any

from tests.conformance.right_records import Fields
from tests.conformance.right_server import Ask, Callback, Refuse


class NoCommit(Callback):
    """Has no such call."""

    fails = "commit-offered"

    def commit(self, ask: Ask) -> Fields:
        raise Refuse(404, "PATH_NOT_FOUND", "There is nothing here.")


class CommitRefused(Callback):
    """Takes no commit but that of the last page."""

    fails = "commit-accepted"

    def commit(self, ask: Ask) -> Fields:
        raise Refuse(400, "WALK_NOT_ENDED", "The walk is not at its end.")


class CommitUnsaid(Callback):
    """Takes commits and says nothing of where they stand."""

    fails = "commit-accepted"

    def commit(self, ask: Ask) -> Fields:
        super().commit(ask)
        return {"status": "success"}


class EveryCommitAdvances(Callback):
    """Says of every commit that it moved something."""

    fails = "commit-repeated"

    def commit(self, ask: Ask) -> Fields:
        told = super().commit(ask)
        told["commit"]["advanced"] = True
        return told


class CommitGoesBack(Callback):
    """Stands where the last commit says, also where that came late."""

    fails = "commit-out-of-order"

    def moved(self, before: int, end: int) -> int:
        return end


class UnsignedTokens(Callback):
    """Reads a commit token and does not ask who wrote it."""

    fails = "commit-forged"

    def opened(self, text: str, kind: str) -> int:
        digits = "".join(sign for sign in text.rpartition("-")[0] if sign.isdigit())
        return int(digits or 1) if kind.startswith("t-") else super().opened(text, kind)


class AnyPageCommitted(Callback):
    """Takes the commit of a page that nobody was given."""

    fails = "commit-of-unserved"

    def commit(self, ask: Ask) -> Fields:
        if "commit_token" not in ask.query:
            asked = ask.scope, int(ask.query["page_size"]), int(ask.query["page"])
            self.marks.setdefault(asked, 0)
        return super().commit(ask)


SERVERS: tuple[type[Any], ...] = tuple(
    found
    for found in dict(globals()).values()
    if isinstance(found, type) and "fails" in vars(found)
)
