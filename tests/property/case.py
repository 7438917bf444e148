"""One case: a shop, two importers and their server, each step checked against the model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import event
from tests.property import checks, core, gate, importers, model, network, server

from pullfeed_server import calls, errors
from pullfeed_server.store import rows

# Walks are not idle within a case until an hour passes at once.
MAX_QUIET_US = 50 * core.MINUTE_US

_cases = itertools.count(1)


class Case(network.Network):
    """What may happen to a shop and two importers, whose walks begin as they are told."""

    def __init__(self, running: core.Core, starts: tuple[str, ...]) -> None:
        case = next(_cases)
        super().__init__(running, f"shop-{case}.example")
        self.versions = itertools.count(1)
        self.minute = 1
        self.quiet_us = 0
        self.importers: list[importers.Importer] = []
        # What becomes of the next notices, and is all taken that was not said.
        self.fates: list[str] = []
        self.is_quiet = False
        for number, start in enumerate(starts):
            name = f"importer-{case}-{number}"
            self.core.keys.set_importer(name, {core.SCOPE: start})
            self.importers.append(importers.Importer(name, start == "committed"))
        self.core.server.answers[self.shop] = self._answer

    def commit_by(self, ways: Sequence[str]) -> None:
        """Sets how the importers commit."""
        for importer, way in zip(self.importers, ways, strict=True):
            importer.way = way
            notify = rows.NotifyRow(server.URL, importer.name)
            self.core.keys.set_importer(importer.name, {}, way, notify, accept_loss=True)

    def close(self) -> None:
        """Whatever happened: an importer that is left alone gets all there is."""
        try:
            self.crash()
            assert self.core.withheld(self.shop) == self.feed.withheld()
            for importer in self.importers:
                self._finish_alone(importer)
            self._confirm_all()
        finally:
            self.crash()
            del self.core.server.answers[self.shop]

    # Writers and time

    def put(self, batch: list[tuple[str, int, str]]) -> None:
        self.minute += 1
        versions = [self._version(*put) for put in batch]
        outcomes = self.core.put(self.shop, versions)
        assert outcomes == self.feed.put(versions, self.core.now_us)
        assert self.core.position(self.shop) == self.feed.position

    def delete(self, ids: list[str], *, late: bool) -> None:
        minute = self.minute - 2 if late else self.minute + 1
        self.minute += 1
        outcomes = self.core.delete(self.shop, ids, minute)
        assert outcomes == self.feed.delete(ids, minute, self.core.now_us)

    def erase(self, ids: list[str]) -> None:
        assert self.core.erase(self.shop, ids) == self.feed.erase(ids, self.core.now_us)
        assert self.core.position(self.shop) == self.feed.position

    def lift(self, ids: list[str]) -> None:
        assert self.core.lift(self.shop, ids) == self.feed.lift(ids)

    def pass_minutes(self, minutes: int) -> None:
        self.quiet_us += minutes * core.MINUTE_US
        if self.quiet_us > MAX_QUIET_US:
            self.pass_hour()
        else:
            self.core.now_us += minutes * core.MINUTE_US

    def pass_hour(self) -> None:
        """No request stays in the network that long."""
        self.crash()
        for importer in self.importers:
            importer.asked.clear()
        self.core.now_us += core.HOUR_US + 1
        self.quiet_us = 0

    def look_ahead(
        self, importer: importers.Importer, page: int, page_size: int, *, by_number: bool
    ) -> None:
        """Asks for a page out of order, and confirms it."""
        if any(flight.importer is importer and flight.walk for flight in self.in_flight):
            # It waits for an older answer, which it would take for the newer one.
            return
        asked = core.Asked(rows.RECORDS, page, page_size)
        try:
            answer = self._fetch(importer, asked)
        except errors.Rewound:
            return
        importer.apply(importer.pages[answer.request], answer.versions)
        importer.keep()
        claim = {"page": page, "page_size": page_size} if by_number else None
        self._commit(importer, rows.RECORDS, claim or {"commit_token": answer.token})

    # Commits and rewinds

    def commit_walk(self, importer: importers.Importer, kind: int, way: str) -> None:
        """What was applied so far is kept for good, then confirmed."""
        walk = importer.walks[kind]
        claim = walk.claim(way) if walk else None
        if walk is None or claim is None:
            return
        if way == "page":
            # A number names no walk: sent twice it may be taken for a walk that a late repeat
            # of the first page has opened meanwhile. Tokens do not have this weakness.
            if walk.claimed == claim["page"] and network.first(walk) in importer.repeated:
                return
            walk.claimed = claim["page"]
        else:
            importer.sent_commits.append((kind, walk.generation, claim))
        importer.keep()
        self.commit(importer, kind, walk.generation, claim)
        if walk.over and way == "commit_token" and not walk.since_us:
            self._settle(importer, walk)

    def commit(
        self, importer: importers.Importer, kind: int, generation: int, claim: dict[str, Any]
    ) -> None:
        """A commit of what was answered in a generation; of an older one it is refused."""
        try:
            self._commit(importer, kind, claim)
        except errors.Rewound:
            assert generation != importer.generation[kind], "nobody has rewound it"
        except errors.PageNotServed:
            assert "page" in claim
            assert generation != importer.generation[kind], "the page was served"
        else:
            # A number names no walk: a repeat of its first page may have begun one since.
            first = core.Asked(kind, **{**claim, "page": 1}) if "page" in claim else None
            may_be = generation == importer.generation[kind] or first in importer.repeated
            assert may_be, "a commit of what was served before a rewind was taken"

    def rewind(self, importer: importers.Importer, kind: int, to_us: int | None) -> None:
        before = importer.committed[kind]
        position, previous = self.core.rewind(self.shop, importer.name, kind, to_us)
        assert previous == before
        assert position <= before
        if to_us is None:
            assert position == 0
        for record_id, _ in self.feed.snapshot(kind).order:
            if to_us is not None and self._stored_us(record_id) >= to_us:
                assert self.feed.position_of(record_id) > position, f"{record_id} is left out"
        importer.committed[kind] = position
        # Whatever it is told of what was answered before, it has nothing against that.
        importer.read |= {page for page in importer.pages.values() if page.list == kind}
        importer.generation[kind] += 1
        importer.settled = {key for key in importer.settled if key[0] != kind}

    def lose_everything(self, importer: importers.Importer) -> None:
        """The importer loses its copy, and is sent back to the beginning."""
        importer.begin_again({})
        for kind in core.LISTS:
            self.rewind(importer, kind, None)

    def restore(self, importer: importers.Importer) -> None:
        """The importer goes back to its last backup, and is sent back to its time."""
        if importer.backups:
            taken_us, copy = importer.backups[-1]
            importer.begin_again(copy)
            for kind in core.LISTS:
                self.rewind(importer, kind, taken_us)

    # Notices

    @property
    def has_notices(self) -> bool:
        """Is an importer told of its pages."""
        return any(importer.way == importers.BY_NOTIFY for importer in self.importers)

    def send(self, fates: Sequence[str] = ()) -> None:
        """Sends what is due. fates: what becomes of the first notices; the others are taken."""
        self.fates = list(fates)
        try:
            self.core.send_due()
        except gate.Crashed:
            self.crash()
            self.core.restart()
        for importer in self.importers:
            self.see_commits(importer)

    def decide(self, *, skip: bool) -> None:
        """An operator sends again what was given up, or skips what the importer says it has."""
        for key, notice in self.core.given_up(self.shop):
            importer = self._importer(key.importer)
            page = importers.Page(key.list, notice.walk, notice.page)
            if skip and page in importer.read:
                importer.keep()
                self.core.notices.skip(self.shop, notice.notice)
                importer.lines[key.list].is_taken = True
                self.see_commits(importer)
            else:
                self.core.notices.resend(self.shop, notice.notice)

    # What each of them comes to

    def _importer(self, name: str) -> importers.Importer:
        return next(each for each in self.importers if each.name == name)

    def _answer(self, call: server.Call) -> calls.Outcome:
        """Takes a notice if its page is there, once that is kept for good."""
        importer = self._importer(call.importer)
        page = importer.pages[call.request]
        line = importer.lines[page.list]
        line.hear(call, page)
        fate = self.fates.pop(0) if self.fates else "taken"
        event(f"a notice is {fate}")
        if fate == "refused" or not (self.is_quiet or page in importer.read):
            return server.REFUSED
        importer.keep()
        if fate == "unheard":
            return server.UNHEARD
        if fate == "cut off":
            raise gate.Crashed
        line.is_taken = True
        return server.TAKEN

    def _version(self, record_id: str, later: int, kind: str) -> model.Put:
        if kind == "=":
            known = self.feed.last_put(record_id)
            if known is not None:
                return known
        minute = None if kind in "?!" else self.minute + later
        consent = {"N": model.NO, "R": model.NO, "!": model.NO, "U": ""}.get(kind, model.YES)
        is_valid = kind in "VN="
        return model.Put(record_id, f"v{next(self.versions)}", minute, is_valid, consent)

    def _stored_us(self, record_id: str) -> int:
        return self.feed.snapshot(rows.RECORDS).stored_us[record_id]

    def _commit(self, importer: importers.Importer, kind: int, claim: dict[str, Any]) -> None:
        standing = self.core.commit(self.shop, importer.name, kind, **claim)
        assert standing.position >= importer.committed[kind], "a commit went back"
        assert standing.advanced == (standing.position > importer.committed[kind])
        importer.committed[kind] = standing.position
        checks.committed(self.feed, importer)
        if all(importer.committed[kind] == self.feed.position for kind in core.LISTS):
            importer.backups.append((self.core.now_us, dict(importer.durable)))

    def _settle(self, importer: importers.Importer, walk: importers.Walk) -> None:
        is_alone = not any(asked.list == walk.list for asked in importer.repeated)
        if is_alone and not any(flight.importer is importer for flight in self.in_flight):
            importer.settled.add((walk.list, walk.page_size))

    def _finish_alone(self, importer: importers.Importer) -> None:
        """After a quiet walk of both lists the copy is the feed, and all of it can be confirmed."""
        if importer.way == importers.BY_NEXT_PAGE:
            # A crash would lose it the last page, which handing it over has confirmed.
            importer.keep()
        importer.begin_again(importer.durable)
        importer.reports = "once"
        for kind, page_size in itertools.product(reversed(core.LISTS), (2, 1000)):
            self.walk_through(importer, kind, page_size)
        checks.copied(importer, self.feed)

    def _confirm_all(self) -> None:
        """In whatever way an importer commits, in the end all is confirmed and nothing waits."""
        self.is_quiet = True
        self.decide(skip=False)
        self.pass_minutes(6)
        self.send()
        assert not [notice for notice in self.core.waiting(self.shop) if notice.state != rows.HELD]
        for importer, kind in itertools.product(self.importers, core.LISTS):
            if importer.way == importers.BY_IMPORTER:
                self.commit_walk(importer, kind, "commit_token")
            assert importer.committed[kind] >= self.feed.last(kind)
