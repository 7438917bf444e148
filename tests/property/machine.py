"""Random cases of writers, importers and a network that repeats requests, against the model."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from tests.property import core, gate, model

from pullfeed_server import walks

IDS = "abcd"
MAX_IN_FLIGHT = 3
# A walk of its own for pages out of order: what is asked in order stays in order.
LOOK_AHEAD_SIZE = 4
EVENTS = (
    "ask",
    "ask",
    "ask",
    "ask, answer lost",
    "ask, answer late",
    "late answer",
    "first page again",
    "this page again",
    "commit",
    "one changes",
    "all change",
)
# What chance alone brings together too seldom.
PLOTS = (
    ("ask, answer late", "all change", "ask, answer lost", "late answer"),
    ("ask, answer late", "one changes", "ask", "late answer"),
    ("ask, answer lost", "all change", "first page again"),
    ("ask, answer lost", "all change", "ask", "commit", "first page again"),
    ("ask, answer late", "all change", "ask", "late answer", "commit", "first page again"),
)
STARTS = (walks.START_FULL, walks.START_COMMITTED)

_cases = itertools.count(1)

# Most happens to the first importer; the second one must not be touched by it.
who = st.sampled_from([0, 0, 0, 0, 0, 1])
page_sizes = st.sampled_from([1, 1, 2, 3])
# (id, minutes later than the case's clock, kind): V valid, = the version before again,
# X invalid, ? invalid and without a readable date.
puts = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from([1, 1, 1, 0, -1]), st.sampled_from("VVVVV=X?")),
    min_size=1,
    max_size=4,
)


class Request(NamedTuple):
    """A numbered request, as the network may repeat it."""

    page: int
    page_size: int


class InFlight(NamedTuple):
    """A request that was read and not answered. walk: None where nobody waits for it."""

    importer: model.Importer
    walk: model.Walk | None
    request: Request
    before: list[tuple[str, str]]
    held: gate.Held[core.Answer]


class Machine(RuleBasedStateMachine):
    """One shop and two importers, whose walks begin everywhere or at their commit."""

    def __init__(self, running: core.Core, start: str) -> None:
        super().__init__()
        self.core = running
        case = next(_cases)
        self.shop = f"shop-{case}.example"
        self.feed = model.Feed()
        self.versions = itertools.count(1)
        self.minute = 1
        self.importers: list[model.Importer] = []
        for number, begins in enumerate((start, *STARTS)[:2]):
            name = f"importer-{case}-{number}"
            self.core.keys.set_importer(name, {core.SCOPE: begins})
            self.importers.append(model.Importer(name, begins == walks.START_COMMITTED))
        self.in_flight: list[InFlight] = []
        self.put([("a", 0, "V"), ("b", 0, "V")])

    def teardown(self) -> None:
        """Whatever happened: an importer that is left alone gets all there is."""
        try:
            for flight in self.in_flight:
                flight.held.crash()
            assert self.core.withheld(self.shop) == self.feed.withheld()
            for importer in self.importers:
                self._finish_alone(importer)
        finally:
            for flight in self.in_flight:
                flight.held.crash()

    # Writers

    @rule(batch=puts)
    def put(self, batch: list[tuple[str, int, str]]) -> None:
        self.minute += 1
        versions = [self._version(*put) for put in batch]
        assert self.core.put(self.shop, versions) == self.feed.put(versions)
        assert self.core.position(self.shop) == self.feed.position

    @rule(ids=st.lists(st.sampled_from(IDS), min_size=1, max_size=2), late=st.booleans())
    def delete(self, ids: list[str], late: bool) -> None:
        minute = self.minute - 2 if late else self.minute + 1
        self.minute += 1
        assert self.core.delete(self.shop, ids, minute) == self.feed.delete(ids, minute)

    # Importers

    @rule(
        number=who,
        afresh=st.sampled_from([False, False, False, False, True]),
        page_size=page_sizes,
        by_cursor=st.sampled_from([False, False, False, True]),
        fate=st.sampled_from(["answered", "answered", "answered", "lost", "held"]),
    )
    def ask(self, number: int, afresh: bool, page_size: int, by_cursor: bool, fate: str) -> None:
        """The next page of the walk under way, or the first one of a new walk."""
        importer = self.importers[number]
        walk = self._walk(importer, page_size, by_cursor=by_cursor, afresh=afresh)
        if fate == "held":
            self._hold(importer, walk)
        else:
            self._ask(importer, walk, lost=fate == "lost")

    @rule(
        number=who,
        page_size=st.sampled_from([1, 1, 2]),
        changed=st.permutations(IDS),
        plots=st.lists(
            st.sampled_from(PLOTS) | st.tuples(st.sampled_from(EVENTS)), min_size=3, max_size=6
        ),
    )
    def live_through(
        self, number: int, page_size: int, changed: list[str], plots: list[tuple[str, ...]]
    ) -> None:
        """What may befall one walk, more densely than by chance."""
        importer = self.importers[number]
        for event in itertools.chain.from_iterable(plots):
            walk = self._walk(importer, page_size)
            if event == "ask":
                self._ask(importer, walk)
            elif event == "ask, answer lost":
                self._ask(importer, walk, lost=True)
            elif event == "ask, answer late":
                self._hold(importer, walk)
            elif event == "late answer":
                self._answer_held(0)
            elif event == "first page again":
                self._repeat(importer, Request(1, walk.page_size))
            elif event == "this page again":
                self._repeat(importer, Request(walk.next_page, walk.page_size))
            elif event == "commit":
                self._commit_walk(importer, "commit_token")
            else:
                ids = changed[:1] if event == "one changes" else changed
                self.put([(key, 1, "V") for key in ids])

    @rule(number=who, page=st.integers(1, 4), by_number=st.booleans())
    def look_ahead_and_commit(self, number: int, page: int, by_number: bool) -> None:
        """Pages out of order are answered; only what joins what was served is confirmed."""
        importer = self.importers[number]
        if any(flight.importer is importer and flight.walk for flight in self.in_flight):
            # It waits for an older answer, which it would take for the newer one.
            return
        request = Request(page, LOOK_AHEAD_SIZE)
        answer = self._fetch(importer, request)
        importer.served.update(answer.versions)
        importer.applied.update(answer.versions)
        importer.durable = dict(importer.applied)
        self._commit(importer, request._asdict() if by_number else {"commit_token": answer.token})

    @precondition(lambda self: self.in_flight)
    @rule(index=st.integers(0, MAX_IN_FLIGHT - 1))
    def answer_held(self, index: int) -> None:
        self._answer_held(index)

    # The network

    @precondition(lambda self: any(importer.asked for importer in self.importers))
    @rule(number=who, data=st.data(), hold=st.sampled_from([False, False, True]))
    def repeat_late(self, number: int, data: st.DataObject, hold: bool) -> None:
        """An earlier request comes once more; nobody waits for the answer."""
        importer = self.importers[number]
        if importer.asked:
            request = Request(*data.draw(st.sampled_from(sorted(importer.asked))))
            self._repeat(importer, request, hold=hold)

    # Commits

    @rule(number=who, way=st.sampled_from(["commit_token", "cursor", "page"]), twice=st.booleans())
    def commit(self, number: int, way: str, twice: bool) -> None:
        for _ in range(1 + twice):
            self._commit_walk(self.importers[number], way)

    @precondition(lambda self: any(importer.sent_commits for importer in self.importers))
    @rule(number=who, data=st.data())
    def commit_late(self, number: int, data: st.DataObject) -> None:
        """Not by page number: the core could not tell it from a commit of a later walk."""
        importer = self.importers[number]
        if importer.sent_commits:
            self._commit(importer, data.draw(st.sampled_from(importer.sent_commits)))

    # Misfortunes

    @rule(number=who, what=st.sampled_from(["core dies", "an hour passes", "importer dies"]))
    def suffer(self, number: int, what: str) -> None:
        if what == "importer dies":
            importer = self.importers[number]
            importer.applied, importer.walk = dict(importer.durable), None
            return
        for flight in self.in_flight:
            flight.held.crash()
        self.in_flight.clear()
        if what == "core dies":
            self.core.restart()
        else:
            # No request stays in the network that long.
            for importer in self.importers:
                importer.asked.clear()
            self.core.now_us += core.HOUR_US + 1

    # What each of them comes to

    def _version(self, record_id: str, later: int, kind: str) -> model.Put:
        if kind == "=":
            known = self.feed.last_put(record_id)
            if known is not None:
                return known
        minute = None if kind == "?" else self.minute + later
        return model.Put(record_id, f"v{next(self.versions)}", minute, valid=kind in "V=")

    def _walk(
        self,
        importer: model.Importer,
        page_size: int,
        *,
        by_cursor: bool = False,
        afresh: bool = False,
    ) -> model.Walk:
        if afresh or importer.walk is None or importer.walk.over:
            importer.walk = model.Walk(page_size, by_cursor)
            importer.repeated.clear()
        return importer.walk

    def _ask(self, importer: model.Importer, walk: model.Walk, *, lost: bool = False) -> None:
        request = Request(walk.next_page, walk.page_size)
        if not walk.cursor:
            importer.asked.add(request)
        before = self.feed.in_order()
        answer = self._fetch(importer, request, walk.cursor)
        self._check_page(importer, answer, walk.page_size, before)
        if not lost:
            self._apply(importer, walk, walk.next_page, answer, before)

    def _repeat(self, importer: model.Importer, request: Request, *, hold: bool = False) -> None:
        """Each numbered request comes late once a walk at most."""
        if request not in importer.asked or request in importer.repeated:
            return
        importer.repeated.add(request)
        if hold:
            self._send_and_hold(importer, None, request)
        else:
            before = self.feed.in_order()
            self._check_page(importer, self._fetch(importer, request), request.page_size, before)

    def _hold(self, importer: model.Importer, walk: model.Walk) -> None:
        if not walk.cursor:
            request = Request(walk.next_page, walk.page_size)
            importer.asked.add(request)
            self._send_and_hold(importer, walk, request)

    def _send_and_hold(
        self, importer: model.Importer, walk: model.Walk | None, request: Request
    ) -> None:
        if len(self.in_flight) < MAX_IN_FLIGHT:
            before = self.feed.in_order()
            held = gate.Held(lambda: self._fetch(importer, request))
            self.in_flight.append(InFlight(importer, walk, request, before, held))

    def _fetch(self, importer: model.Importer, request: Request, cursor: str = "") -> core.Answer:
        return self.core.fetch(self.shop, importer.name, request.page, request.page_size, cursor)

    def _check_page(
        self,
        importer: model.Importer,
        answer: core.Answer,
        page_size: int,
        before: list[tuple[str, str]],
    ) -> None:
        """A page is a piece of the feed as it was when it was read, full unless at its end."""
        importer.served.update(answer.versions)
        size = len(answer.versions)
        begin = before.index(answer.versions[0]) if size else len(before)
        assert answer.versions == before[begin : begin + size]
        assert answer.has_next == (begin + size < len(before))
        assert size == page_size or not answer.has_next
        assert bool(answer.cursor) == answer.has_next

    def _apply(
        self,
        importer: model.Importer,
        walk: model.Walk,
        page: int,
        answer: core.Answer,
        before: list[tuple[str, str]],
    ) -> None:
        """The importer takes the first answer that comes to what it asks now."""
        if walk is not importer.walk or walk.next_page != page or walk.over:
            return
        importer.applied.update(answer.versions)
        walk.got.update(answer.versions)
        walk.next_page += 1
        walk.token, walk.last_cursor = answer.token, answer.cursor
        walk.cursor = answer.cursor if walk.by_cursor else ""
        if not answer.has_next:
            walk.over = True
            self._check_complete(importer, walk, dict(before))

    def _check_complete(
        self, importer: model.Importer, walk: model.Walk, feed: dict[str, str]
    ) -> None:
        """Nothing is lost: all that was in the feed at the last read is held in its newest form."""
        held = importer.applied if importer.from_commit else walk.got
        missing = {key: version for key, version in feed.items() if held.get(key) != version}
        assert not missing, f"{importer.name} misses {missing}"

    def _answer_held(self, index: int) -> None:
        if not self.in_flight:
            return
        flight = self.in_flight.pop(index % len(self.in_flight))
        answer = flight.held.finish()
        self._check_page(flight.importer, answer, flight.request.page_size, flight.before)
        if flight.walk is not None:
            self._apply(flight.importer, flight.walk, flight.request.page, answer, flight.before)

    def _commit_walk(self, importer: model.Importer, way: str) -> None:
        """What was applied so far is kept for good, then confirmed."""
        walk = importer.walk
        claim = walk.claim(way) if walk else None
        if walk is None or claim is None:
            return
        if way == "page":
            # A number names no walk: the core takes it for the newest one, which a late repeat
            # of the first page may have opened. Tokens do not have this weakness.
            if (1, walk.page_size) in importer.repeated:
                return
        else:
            importer.sent_commits.append(claim)
        importer.durable = dict(importer.applied)
        self._commit(importer, claim)

    def _commit(self, importer: model.Importer, claim: dict[str, Any]) -> None:
        standing = self.core.commit(self.shop, importer.name, **claim)
        assert standing.position >= importer.committed, "a commit went back"
        assert standing.advanced == (standing.position > importer.committed)
        importer.committed = standing.position
        for key, version in self.feed.held(standing.position).items():
            assert (key, version) in importer.served, f"{key} was confirmed and never served"
            assert importer.durable.get(key) == version, f"{key} was confirmed and is not kept"

    def _finish_alone(self, importer: model.Importer) -> None:
        importer.applied = dict(importer.durable)
        for page_size in (2, 1000):
            walk = importer.walk = model.Walk(page_size, by_cursor=False)
            while not walk.over:
                self._ask(importer, walk)
                assert walk.next_page < 100
