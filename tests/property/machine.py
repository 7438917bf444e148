"""Random cases of writers, importers and a network that repeats requests, against the model."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.property import case, core, importers, network

from pullfeed_server import walks

IDS = "abcd"
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
    "each page again",
    "commit",
    "commit by number",
    "told",
    "to the end",
    "one changes",
    "all change",
    "rewound",
    "rewound a little",
)
# What chance alone brings together too seldom.
PLOTS = (
    ("ask, answer late", "all change", "ask, answer lost", "late answer"),
    ("ask, answer late", "one changes", "ask", "late answer"),
    ("ask, answer lost", "all change", "first page again"),
    ("ask, answer lost", "all change", "ask", "commit", "first page again"),
    ("ask, answer late", "all change", "ask", "late answer", "commit", "first page again"),
    ("ask", "rewound", "one changes", "first page again", "ask"),
    ("ask", "ask, answer late", "rewound", "late answer", "ask"),
    ("ask", "commit", "rewound a little", "commit", "ask"),
    ("ask, answer lost", "all change", "told", "ask", "told, unheard"),
    ("ask", "told, unheard", "first page again", "all change", "told", "ask"),
    ("to the end", "commit", "ask", "ask, answer lost", "all change", "first page again", "ask"),
    ("to the end", "commit", "to the end", "all change", "each page again", "commit by number"),
)
STARTS = (walks.START_FULL, walks.START_COMMITTED)

# Most happens to the first importer; the second one must not be touched by it.
who = st.sampled_from([0, 0, 0, 0, 0, 1])
kinds = st.sampled_from(core.LISTS)
page_sizes = st.sampled_from([1, 1, 2, 3])
# Where a walk begins: as the importer's do, or so many minutes ago.
agos = st.sampled_from([None, None, None, 0, 1, 5, 60])
# What becomes of a notice: cut off are those that the core does not outlive.
fates = st.sampled_from(["taken", "taken", "taken", "refused", "unheard", "cut off"])
some_ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=2)
# (id, minutes later than the case's clock, kind): V valid, N with consent No, = the version
# before again; invalid: X, R with No, U with no readable consent, ? and ! X and R without a date.
laters = st.sampled_from([1, 1, 1, 0, -1])
put_kinds = st.sampled_from("VVVVVN=XUR?!")
puts = st.lists(st.tuples(st.sampled_from(IDS), laters, put_kinds), min_size=1, max_size=4)


class Machine(RuleBasedStateMachine):
    """One shop and two importers, whose walks begin everywhere or at their commit."""

    def __init__(self, running: core.Core, start: str) -> None:
        super().__init__()
        self.case = case.Case(running, (start, *STARTS)[:2])
        self.case.put([("a", 0, "V"), ("b", 0, "V")])

    @initialize(ways=st.tuples(*[st.sampled_from(importers.WAYS)] * 2))
    def begin(self, ways: tuple[str, str]) -> None:
        self.case.commit_by(ways)

    def teardown(self) -> None:
        self.case.close()

    # Writers

    @rule(batch=puts)
    def put(self, batch: list[tuple[str, int, str]]) -> None:
        self.case.put(batch)

    @rule(ids=some_ids, what=st.sampled_from(["deleted", "deleted late", "erased", "lifted"]))
    def remove(self, ids: list[str], what: str) -> None:
        if what == "erased":
            self.case.erase(ids)
        elif what == "lifted":
            self.case.lift(ids)
        else:
            self.case.delete(ids, late=what == "deleted late")

    # Importers

    @rule(
        number=who,
        kind=kinds,
        afresh=st.sampled_from([False, False, False, False, True]),
        page_size=page_sizes,
        by_cursor=st.sampled_from([False, False, False, True]),
        ago=agos,
        fate=st.sampled_from(["answered", "answered", "answered", "lost", "held"]),
    )
    def ask(
        self,
        number: int,
        kind: int,
        afresh: bool,
        page_size: int,
        by_cursor: bool,
        ago: int | None,
        fate: str,
    ) -> None:
        """The next page of the walk under way, or the first one of a new walk."""
        importer = self.case.importers[number]
        walk = self.case.walk(
            importer, kind, page_size, by_cursor=by_cursor, afresh=afresh, ago=ago
        )
        if fate == "held":
            self.case.hold(importer, walk)
        else:
            self.case.ask(importer, walk, lost=fate == "lost")

    @rule(
        number=who,
        kind=kinds,
        page_size=st.sampled_from([1, 1, 2]),
        ago=agos,
        changed=st.permutations(IDS),
        plots=st.lists(
            st.sampled_from(PLOTS) | st.tuples(st.sampled_from(EVENTS)), min_size=3, max_size=6
        ),
    )
    def live_through(
        self,
        number: int,
        kind: int,
        page_size: int,
        ago: int | None,
        changed: list[str],
        plots: list[tuple[str, ...]],
    ) -> None:
        """What may befall one walk, more densely than by chance."""
        for event in itertools.chain.from_iterable(plots):
            self._befall(number, kind, page_size, ago, changed, event)

    @rule(number=who, page=st.integers(1, 4), by_number=st.booleans())
    def look_ahead_and_commit(self, number: int, page: int, by_number: bool) -> None:
        """Pages out of order are answered; only what joins what was served is confirmed."""
        importer = self.case.importers[number]
        self.case.look_ahead(importer, page, LOOK_AHEAD_SIZE, by_number=by_number)

    @precondition(lambda self: self.case.in_flight)
    @rule(index=st.integers(0, network.MAX_IN_FLIGHT - 1))
    def answer_held(self, index: int) -> None:
        self.case.answer_held(index)

    # The network

    @precondition(lambda self: any(importer.asked for importer in self.case.importers))
    @rule(number=who, data=st.data(), hold=st.sampled_from([False, False, True]))
    def repeat_late(self, number: int, data: st.DataObject, hold: bool) -> None:
        """An earlier request comes once more; nobody waits for the answer."""
        importer = self.case.importers[number]
        if importer.asked:
            asked = data.draw(st.sampled_from(sorted(importer.asked)))
            self.case.repeat(importer, asked, hold=hold)

    @rule(number=who, reports=st.sampled_from(["once", "twice", "late", "lost"]))
    def report(self, number: int, reports: str) -> None:
        """How the reports of an importer's answers fare from now on."""
        self.case.importers[number].reports = reports

    @precondition(lambda self: self.case.reports)
    @rule(index=st.integers(0, 9))
    def report_late(self, index: int) -> None:
        self.case.report_late(index)

    # Commits

    @precondition(lambda self: self.case.has_notices)
    @rule(fates=st.lists(fates, max_size=4), decide=st.sampled_from(["", "", "skip", "resend"]))
    def send(self, fates: list[str], decide: str) -> None:
        if decide:
            self.case.decide(skip=decide == "skip")
        self.case.send(fates)

    @rule(
        number=who,
        kind=kinds,
        way=st.sampled_from(["commit_token", "cursor", "page"]),
        twice=st.booleans(),
    )
    def commit(self, number: int, kind: int, way: str, twice: bool) -> None:
        for _ in range(1 + twice):
            self.case.commit_walk(self.case.importers[number], kind, way)

    @precondition(lambda self: any(importer.sent_commits for importer in self.case.importers))
    @rule(number=who, data=st.data())
    def commit_late(self, number: int, data: st.DataObject) -> None:
        """Not by page number: the core could not tell it from a commit of a later walk."""
        importer = self.case.importers[number]
        if importer.sent_commits:
            sent = data.draw(st.sampled_from(importer.sent_commits))
            self.case.commit(importer, *sent)

    # Operators

    @rule(
        number=who,
        what=st.sampled_from(["everything is lost", "a backup is restored", "served again"]),
        kind=kinds,
        ago=st.sampled_from([None, 0, 1, 5]),
    )
    def rewind(self, number: int, what: str, kind: int, ago: int | None) -> None:
        importer = self.case.importers[number]
        if what == "everything is lost":
            self.case.lose_everything(importer)
        elif what == "a backup is restored":
            self.case.restore(importer)
        else:
            self.case.rewind(importer, kind, self._minutes_ago(ago))

    # Misfortunes

    @rule(
        number=who,
        what=st.sampled_from(["core dies", "an hour passes", "importer dies", "minutes pass"]),
        minutes=st.integers(1, 6),
    )
    def suffer(self, number: int, what: str, minutes: int) -> None:
        importer = self.case.importers[number]
        if what == "importer dies":
            importer.die()
        elif what == "core dies":
            self.case.crash()
            self.case.core.restart()
        elif what == "an hour passes":
            self.case.pass_hour()
        else:
            self.case.pass_minutes(minutes)

    def _befall(
        self,
        number: int,
        kind: int,
        page_size: int,
        ago: int | None,
        changed: list[str],
        event: str,
    ) -> None:
        importer = self.case.importers[number]
        if event.startswith("ask"):
            walk = self.case.walk(importer, kind, page_size, ago=ago)
            if event == "ask, answer late":
                self.case.hold(importer, walk)
            else:
                self.case.ask(importer, walk, lost=event == "ask, answer lost")
        elif event == "late answer":
            self.case.answer_held(0)
        elif event.endswith(" page again"):
            self._ask_again(importer, kind, event)
        elif event.startswith("told"):
            self.case.send(["unheard"] if event == "told, unheard" else [])
        elif event == "to the end":
            self.case.walk_through(importer, kind, page_size)
        elif event.startswith("commit"):
            way = "page" if event == "commit by number" else "commit_token"
            self.case.commit_walk(importer, kind, way)
        elif event.startswith("rewound"):
            to_us = None if event == "rewound" else self._minutes_ago(1)
            self.case.rewind(importer, kind, to_us)
        else:
            ids = changed[:1] if event == "one changes" else changed
            self.case.put([(key, 1, "V") for key in ids])

    def _ask_again(self, importer: importers.Importer, kind: int, event: str) -> None:
        """Pages of the walk under way, or of the one that has ended, in order."""
        walk = importer.walks[kind]
        if walk is None:
            return
        pages = {"first page again": [1], "this page again": [walk.next_page]}
        for page in pages.get(event, range(1, walk.next_page)):
            self.case.repeat(importer, core.Asked(kind, page, walk.page_size, walk.since_us))

    def _minutes_ago(self, ago: int | None) -> int | None:
        return None if ago is None else self.case.core.now_us - ago * core.MINUTE_US
