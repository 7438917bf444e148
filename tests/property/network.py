"""What lies between a shop and its importers: what comes late, twice or never."""

from __future__ import annotations

from typing import NamedTuple

from tests.property import checks, core, gate, importers, model

from pullfeed_server import errors
from pullfeed_server.store import rows

MAX_IN_FLIGHT = 3


class InFlight(NamedTuple):
    """A request that was read and not answered. walk: None where nobody waits for it.

    generation, turn: the importer's in its list, and what it had applied of the other one.
    """

    importer: importers.Importer
    walk: importers.Walk | None
    asked: core.Asked
    before: model.Snapshot
    generation: int
    turn: int
    held: gate.Held[core.Answer]


class Report(NamedTuple):
    """That an answer was handed over."""

    importer: importers.Importer
    page: importers.Page
    token: str


class Network:
    """Carries requests and answers between one shop and its importers."""

    def __init__(self, running: core.Core, shop: str) -> None:
        self.core = running
        self.shop = shop
        self.feed = model.Feed()
        self.in_flight: list[InFlight] = []
        self.reports: list[Report] = []

    def crash(self) -> None:
        """Ends every request that was not answered yet."""
        for flight in self.in_flight:
            flight.held.crash()
        self.in_flight.clear()

    # Walks

    def walk(
        self,
        importer: importers.Importer,
        kind: int,
        page_size: int,
        *,
        by_cursor: bool = False,
        afresh: bool = False,
        ago: int | None = None,
    ) -> importers.Walk:
        """The walk under way, or a new one. ago: it begins so many minutes ago."""
        known = importer.walks[kind]
        if known is not None and not known.over and not afresh:
            return known
        since_us = 0 if ago is None else self.core.now_us - ago * core.MINUTE_US
        walk = importer.walks[kind] = importers.Walk(kind, page_size, by_cursor, since_us)
        importer.repeated = {asked for asked in importer.repeated if asked.list != kind}
        importer.strays = {asked for asked in importer.strays if asked.list != kind}
        return walk

    def ask(
        self, importer: importers.Importer, walk: importers.Walk, *, lost: bool = False
    ) -> None:
        """The walk's next page. Where the importer was rewound it begins again."""
        asked = next_page(walk)
        if not walk.cursor:
            importer.asked.add(asked)
            walk.asked = asked.page
        self._keep_before(importer, walk)
        importer.is_cut |= lost
        before, committed = self.feed.snapshot(walk.list), importer.committed[walk.list]
        try:
            answer = self._fetch(importer, asked)
        except errors.Rewound:
            assert walk.next_page > 1, "a first page was refused"
            assert self._may_be_rewound(importer, walk), "nobody has rewound it"
            importer.walks[walk.list] = None
            return
        assert not self._must_be_rewound(importer, walk), "its rewind was not told"
        checks.page(asked, answer, before)
        key = (walk.list, walk.page_size)
        if asked.page == 1 and not walk.since_us and key in importer.settled:
            importer.settled.discard(key)
            checks.uncommitted(self.feed, importer, committed, answer)
        if not lost:
            self._apply(importer, walk, asked, answer, before)

    def walk_through(self, importer: importers.Importer, kind: int, page_size: int) -> None:
        for _ in range(100):
            walk = self.walk(importer, kind, page_size)
            self.ask(importer, walk)
            if walk.over:
                return
        raise AssertionError("a walk does not end")

    def repeat(
        self, importer: importers.Importer, asked: core.Asked, *, hold: bool = False
    ) -> None:
        """Each numbered request comes late once a walk at most; nobody reads its answer."""
        if asked not in importer.asked or asked in importer.repeated:
            return
        repeated, strays = {*importer.repeated, asked}, set(importer.strays)
        if _is_stray(importer, asked):
            strays.add(asked)
        if _may_leave_out(importer, asked, repeated, strays):
            return
        importer.repeated, importer.strays = repeated, strays
        importer.is_cut = True
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
        checks.page(asked, answer, before)

    def hold(self, importer: importers.Importer, walk: importers.Walk) -> None:
        """Asks for the next page; the answer comes late."""
        if not walk.cursor:
            importer.asked.add(next_page(walk))
            walk.asked = walk.next_page
            self._keep_before(importer, walk)
            importer.is_cut = True
            importer.settled.discard((walk.list, walk.page_size))
            self._send_and_hold(importer, walk, next_page(walk))

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
        checks.page(flight.asked, answer, flight.before)
        if flight.walk is not None and flight.turn == importer.turns[_other(kind)]:
            self._apply(importer, flight.walk, flight.asked, answer, flight.before)

    # Handovers

    def report_late(self, index: int) -> None:
        """A report comes that was under way, or was lost and is sent once more."""
        if self.reports:
            self._report(self.reports.pop(index % len(self.reports)))

    def see_commits(self, importer: importers.Importer) -> None:
        """What was confirmed without a commit of the importer's own."""
        if importer.way == importers.BY_IMPORTER:
            return
        for kind, position in self.core.committed(self.shop, importer.name).items():
            assert position >= importer.committed[kind], "a commit went back"
            importer.committed[kind] = position
        checks.committed(self.feed, importer)

    # What each of them comes to

    def _fetch(self, importer: importers.Importer, asked: core.Asked) -> core.Answer:
        answer = self.core.fetch(self.shop, importer.name, asked)
        importer.served.update(answer.versions)
        page = importer.pages[answer.request] = _page(asked, answer)
        before = importer.committed[asked.list]
        self.see_commits(importer)
        reached = importer.committed[asked.list]
        is_ahead = bool(answer.versions) and reached >= answer.end
        assert reached == before or not is_ahead, "asking confirmed its own page"
        if answer.report_handover:
            self._hand_over(importer, Report(importer, page, answer.token))
        return answer

    def _hand_over(self, importer: importers.Importer, report: Report) -> None:
        if importer.reports in {"late", "lost"}:
            self.reports.append(report)
        for _ in range({"once": 1, "twice": 2}.get(importer.reports, 0)):
            self._report(report)

    def _report(self, report: Report) -> None:
        importer, kind = report.importer, report.page.list
        try:
            self.core.hand_over(self.shop, importer.name, kind, report.token)
        except errors.Rewound:
            assert importer.generation[kind] > 0, "nobody has rewound it"
        else:
            importer.lines[kind].hand_over(report.page, max(importer.pages))
        self.see_commits(importer)

    def _keep_before(self, importer: importers.Importer, walk: importers.Walk) -> None:
        """Who confirms by asking stores what it has before it asks."""
        if importer.way == importers.BY_NEXT_PAGE and walk.next_page > 1:
            importer.keep()

    def _send_and_hold(
        self, importer: importers.Importer, walk: importers.Walk | None, asked: core.Asked
    ) -> None:
        if len(self.in_flight) < MAX_IN_FLIGHT:
            before = self.feed.snapshot(asked.list)
            held = gate.Held(lambda: self._fetch(importer, asked))
            generation = importer.generation[asked.list]
            turn = importer.turns[_other(asked.list)]
            self.in_flight.append(InFlight(importer, walk, asked, before, generation, turn, held))

    def _may_be_rewound(self, importer: importers.Importer, walk: importers.Walk) -> bool:
        """Of one that has begun again, a page may be refused once more: see walks."""
        return importer.generation[walk.list] > 0

    def _must_be_rewound(self, importer: importers.Importer, walk: importers.Walk) -> bool:
        """Was the importer rewound behind its last page; by number a repeat may have begun anew."""
        is_behind = walk.next_page > 1 and walk.generation != importer.generation[walk.list]
        return is_behind and (bool(walk.cursor) or first(walk) not in importer.repeated)

    def _apply(
        self,
        importer: importers.Importer,
        walk: importers.Walk,
        asked: core.Asked,
        answer: core.Answer,
        before: model.Snapshot,
    ) -> None:
        """The importer takes the first answer that comes to what it asks now."""
        if walk is not importer.walks[walk.list] or walk.next_page != asked.page or walk.over:
            return
        importer.apply(_page(asked, answer), answer.versions)
        walk.got.update(answer.versions)
        walk.next_page += 1
        walk.generation = importer.generation[walk.list]
        walk.token, walk.last_cursor = answer.token, answer.cursor
        walk.cursor = answer.cursor if walk.by_cursor else ""
        if not answer.has_next:
            walk.over = True
            checks.complete(importer, walk, before)


def next_page(walk: importers.Walk) -> core.Asked:
    return core.Asked(walk.list, walk.next_page, walk.page_size, walk.since_us, walk.cursor)


def first(walk: importers.Walk) -> core.Asked:
    return core.Asked(walk.list, 1, walk.page_size, walk.since_us)


def _is_stray(importer: importers.Importer, asked: core.Asked) -> bool:
    """Was a request not asked in the walk under way."""
    walk = importer.walks[asked.list]
    return walk is None or first(walk) != asked._replace(page=1) or asked.page > walk.asked


def _may_leave_out(
    importer: importers.Importer,
    asked: core.Asked,
    repeated: set[core.Asked],
    strays: set[core.Asked],
) -> bool:
    """Is it not promised that a walk brings all, after this request too comes late.

    In a walk from the beginning its pages 1 and 2, and one of the walk before.
    """
    if importer.from_commit and not asked.since_us:
        return False
    begin = asked._replace(page=1)
    has_stray = any(stray._replace(page=1) == begin for stray in strays)
    return has_stray and {begin, asked._replace(page=2)} <= repeated


def _other(kind: int) -> int:
    return rows.REMOVED if kind == rows.RECORDS else rows.RECORDS


def _page(asked: core.Asked, answer: core.Answer) -> importers.Page:
    return importers.Page(asked.list, answer.walk, answer.page)
