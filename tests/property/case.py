"""One case: a shop, two importers and a network, each step checked against the model."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from tests.property import checks, core, gate, model

from pullfeed_server import errors
from pullfeed_server.store import rows

MAX_IN_FLIGHT = 3
# Walks are not idle within a case until an hour passes at once.
MAX_QUIET_US = 50 * core.MINUTE_US

_cases = itertools.count(1)


class InFlight(NamedTuple):
    """A request that was read and not answered. walk: None where nobody waits for it.

    generation, turn: the importer's in its list, and what it had applied of the other one.
    """

    importer: model.Importer
    walk: model.Walk | None
    asked: core.Asked
    before: model.Snapshot
    generation: int
    turn: int
    held: gate.Held[core.Answer]


class Case:
    """What may happen to a shop and two importers, whose walks begin as they are told."""

    def __init__(self, running: core.Core, starts: tuple[str, ...]) -> None:
        self.core = running
        case = next(_cases)
        self.shop = f"shop-{case}.example"
        self.feed = model.Feed()
        self.versions = itertools.count(1)
        self.minute = 1
        self.quiet_us = 0
        self.importers: list[model.Importer] = []
        for number, start in enumerate(starts):
            name = f"importer-{case}-{number}"
            self.core.keys.set_importer(name, {core.SCOPE: start})
            self.importers.append(model.Importer(name, start == "committed"))
        self.in_flight: list[InFlight] = []

    def close(self) -> None:
        """Whatever happened: an importer that is left alone gets all there is."""
        try:
            self.crash()
            assert self.core.withheld(self.shop) == self.feed.withheld()
            for importer in self.importers:
                self._finish_alone(importer)
        finally:
            self.crash()

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

    def crash(self) -> None:
        """Ends every request that was not answered yet."""
        for flight in self.in_flight:
            flight.held.crash()
        self.in_flight.clear()

    # Walks

    def walk(
        self,
        importer: model.Importer,
        kind: int,
        page_size: int,
        *,
        by_cursor: bool = False,
        afresh: bool = False,
        ago: int | None = None,
    ) -> model.Walk:
        """The walk under way, or a new one. ago: it begins so many minutes ago."""
        known = importer.walks[kind]
        if known is not None and not known.over and not afresh:
            return known
        since_us = 0 if ago is None else self.core.now_us - ago * core.MINUTE_US
        walk = importer.walks[kind] = model.Walk(kind, page_size, by_cursor, since_us)
        importer.repeated = {asked for asked in importer.repeated if asked.list != kind}
        return walk

    def ask(self, importer: model.Importer, walk: model.Walk, *, lost: bool = False) -> None:
        """The walk's next page. Where the importer was rewound it begins again."""
        asked = _next(walk)
        if not walk.cursor:
            importer.asked.add(asked)
        before = self.feed.snapshot(walk.list)
        try:
            answer = self._fetch(importer, asked)
        except errors.Rewound:
            assert walk.next_page > 1, "a first page was refused"
            assert self._may_be_rewound(importer, walk), "nobody has rewound it"
            importer.walks[walk.list] = None
            return
        assert not self._must_be_rewound(importer, walk), "its rewind was not told"
        self._check_page(importer, asked, answer, before)
        if not lost:
            self._apply(importer, walk, asked, answer, before)

    def repeat(self, importer: model.Importer, asked: core.Asked, *, hold: bool = False) -> None:
        """Each numbered request comes late once a walk at most; nobody reads its answer."""
        if asked not in importer.asked or asked in importer.repeated:
            return
        importer.repeated.add(asked)
        importer.settled.discard((asked.list, asked.page_size))
        if hold:
            self._send_and_hold(importer, None, asked)
            return
        before = self.feed.snapshot(asked.list)
        try:
            answer = self._fetch(importer, asked)
        except errors.Rewound:
            return
        except errors.WalkExpired:
            assert asked.since_us
            return
        self._check_page(importer, asked, answer, before)

    def hold(self, importer: model.Importer, walk: model.Walk) -> None:
        """Asks for the next page; the answer comes late."""
        if not walk.cursor:
            importer.asked.add(_next(walk))
            importer.settled.discard((walk.list, walk.page_size))
            self._send_and_hold(importer, walk, _next(walk))

    def answer_held(self, index: int) -> None:
        if not self.in_flight:
            return
        flight = self.in_flight.pop(index % len(self.in_flight))
        importer, kind = flight.importer, flight.asked.list
        is_rewound = flight.generation != importer.generation[kind]
        try:
            answer = flight.held.finish()
        except errors.Rewound:
            if flight.walk is not None and flight.walk is importer.walks[kind]:
                importer.walks[kind] = None
            return
        except errors.WalkExpired:
            assert flight.asked.since_us
            return
        assert not is_rewound, "a page left though its importer was rewound"
        self._check_page(importer, flight.asked, answer, flight.before)
        if flight.walk is not None and flight.turn == importer.turns[_other(kind)]:
            self._apply(importer, flight.walk, flight.asked, answer, flight.before)

    def look_ahead(
        self, importer: model.Importer, page: int, page_size: int, *, by_number: bool
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
        importer.served.update(answer.versions)
        importer.apply(rows.RECORDS, answer.versions)
        importer.durable = dict(importer.applied)
        claim = {"page": page, "page_size": page_size} if by_number else None
        self._commit(importer, rows.RECORDS, claim or {"commit_token": answer.token})

    # Commits and rewinds

    def commit_walk(self, importer: model.Importer, kind: int, way: str) -> None:
        """What was applied so far is kept for good, then confirmed."""
        walk = importer.walks[kind]
        claim = walk.claim(way) if walk else None
        if walk is None or claim is None:
            return
        if way == "page":
            # A number names no walk: the core takes it for the newest one, which a late repeat
            # of the first page may have opened. Tokens do not have this weakness.
            if _first(walk) in importer.repeated:
                return
        else:
            importer.sent_commits.append((kind, walk.generation, claim))
        importer.durable = dict(importer.applied)
        self.commit(importer, kind, walk.generation, claim)
        if walk.over and way == "commit_token" and not walk.since_us:
            self._settle(importer, walk)

    def commit(
        self, importer: model.Importer, kind: int, generation: int, claim: dict[str, Any]
    ) -> None:
        """A commit of what was answered in a generation; of an older one it is refused."""
        if generation == importer.generation[kind]:
            self._commit(importer, kind, claim)
            return
        try:
            self.core.commit(self.shop, importer.name, kind, **claim)
        except errors.Rewound:
            return
        except errors.PageNotServed:
            assert "page" in claim
            return
        raise AssertionError("a commit of what was served before a rewind was taken")

    def rewind(self, importer: model.Importer, kind: int, to_us: int | None) -> None:
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
        importer.generation[kind] += 1
        importer.settled = {key for key in importer.settled if key[0] != kind}

    def lose_everything(self, importer: model.Importer) -> None:
        """The importer loses its copy, and is sent back to the beginning."""
        importer.begin_again({})
        for kind in core.LISTS:
            self.rewind(importer, kind, None)

    def restore(self, importer: model.Importer) -> None:
        """The importer goes back to its last backup, and is sent back to its time."""
        if importer.backups:
            taken_us, copy = importer.backups[-1]
            importer.begin_again(copy)
            for kind in core.LISTS:
                self.rewind(importer, kind, taken_us)

    # What each of them comes to

    def _version(self, record_id: str, later: int, kind: str) -> model.Put:
        if kind == "=":
            known = self.feed.last_put(record_id)
            if known is not None:
                return known
        minute = None if kind == "?" else self.minute + later
        return model.Put(record_id, f"v{next(self.versions)}", minute, valid=kind in "V=")

    def _stored_us(self, record_id: str) -> int:
        return self.feed.snapshot(rows.RECORDS).stored_us[record_id]

    def _fetch(self, importer: model.Importer, asked: core.Asked) -> core.Answer:
        return self.core.fetch(self.shop, importer.name, asked)

    def _send_and_hold(
        self, importer: model.Importer, walk: model.Walk | None, asked: core.Asked
    ) -> None:
        if len(self.in_flight) < MAX_IN_FLIGHT:
            before = self.feed.snapshot(asked.list)
            held = gate.Held(lambda: self._fetch(importer, asked))
            generation = importer.generation[asked.list]
            turn = importer.turns[_other(asked.list)]
            self.in_flight.append(InFlight(importer, walk, asked, before, generation, turn, held))

    def _may_be_rewound(self, importer: model.Importer, walk: model.Walk) -> bool:
        """Of one that has begun again, a page may be refused once more: see walks."""
        return importer.generation[walk.list] > 0

    def _must_be_rewound(self, importer: model.Importer, walk: model.Walk) -> bool:
        """Was the importer rewound behind its last page; by number a repeat may have begun anew."""
        is_behind = walk.next_page > 1 and walk.generation != importer.generation[walk.list]
        return is_behind and (bool(walk.cursor) or _first(walk) not in importer.repeated)

    def _check_page(
        self,
        importer: model.Importer,
        asked: core.Asked,
        answer: core.Answer,
        before: model.Snapshot,
    ) -> None:
        importer.served.update(answer.versions)
        checks.page(asked, answer, before)
        key = (asked.list, asked.page_size)
        if asked.page == 1 and not asked.since_us and key in importer.settled:
            importer.settled.discard(key)
            checks.uncommitted(self.feed, importer, asked.list, answer)

    def _apply(
        self,
        importer: model.Importer,
        walk: model.Walk,
        asked: core.Asked,
        answer: core.Answer,
        before: model.Snapshot,
    ) -> None:
        """The importer takes the first answer that comes to what it asks now."""
        if walk is not importer.walks[walk.list] or walk.next_page != asked.page or walk.over:
            return
        importer.apply(walk.list, answer.versions)
        walk.got.update(answer.versions)
        walk.next_page += 1
        walk.generation = importer.generation[walk.list]
        walk.token, walk.last_cursor = answer.token, answer.cursor
        walk.cursor = answer.cursor if walk.by_cursor else ""
        if not answer.has_next:
            walk.over = True
            checks.complete(importer, walk, before)

    def _commit(self, importer: model.Importer, kind: int, claim: dict[str, Any]) -> None:
        standing = self.core.commit(self.shop, importer.name, kind, **claim)
        assert standing.position >= importer.committed[kind], "a commit went back"
        assert standing.advanced == (standing.position > importer.committed[kind])
        importer.committed[kind] = standing.position
        checks.committed(self.feed, importer)
        if all(importer.committed[kind] == self.feed.position for kind in core.LISTS):
            importer.backups.append((self.core.now_us, dict(importer.durable)))

    def _settle(self, importer: model.Importer, walk: model.Walk) -> None:
        is_alone = not any(asked.list == walk.list for asked in importer.repeated)
        if is_alone and not any(flight.importer is importer for flight in self.in_flight):
            importer.settled.add((walk.list, walk.page_size))

    def _finish_alone(self, importer: model.Importer) -> None:
        """After a quiet walk of both lists the copy is the feed, and all of it can be confirmed."""
        importer.begin_again(importer.durable)
        for kind, page_size in itertools.product(reversed(core.LISTS), (2, 1000)):
            self._walk_alone(importer, kind, page_size)
        if rows.REMOVED in core.LISTS:
            assert importer.applied == self.feed.held()
        for kind in core.LISTS:
            self.commit_walk(importer, kind, "commit_token")
            assert importer.committed[kind] >= self._last(kind)

    def _last(self, kind: int) -> int:
        """Position of the last one in a list."""
        order = self.feed.snapshot(kind).order
        return self.feed.position_of(order[-1][0]) if order else 0

    def _walk_alone(self, importer: model.Importer, kind: int, page_size: int) -> None:
        for _ in range(100):
            walk = self.walk(importer, kind, page_size)
            self.ask(importer, walk)
            if walk.over:
                return
        raise AssertionError("a walk does not end")


def _next(walk: model.Walk) -> core.Asked:
    return core.Asked(walk.list, walk.next_page, walk.page_size, walk.since_us, walk.cursor)


def _first(walk: model.Walk) -> core.Asked:
    return core.Asked(walk.list, 1, walk.page_size, walk.since_us)


def _other(kind: int) -> int:
    return rows.REMOVED if kind == rows.RECORDS else rows.RECORDS
