"""Many importers: what they count, and what they notice."""

from __future__ import annotations

import dataclasses
import socket

from tests.conformance import loopback, right_records, right_server

from pullfeed_client.importer import simulation

LOAD = simulation.Load(
    url="",
    keys=(right_server.KEY,),
    shops=(right_server.SHOP,),
    scopes=("customer", "order"),
    modes=("cursor",),
    importers=3,
    seconds=0.3,
    page_size=25,
    has_commits=True,
    timeout_s=5.0,
    seed=1,
)


def driven(callback: right_server.Callback, **changes: object) -> simulation.Totals:
    with loopback.Server(callback) as server:
        return simulation.run(dataclasses.replace(LOAD, url=server.url, **changes))  # type: ignore[arg-type]


def test_a_right_server_gives_whole_walks_and_no_errors() -> None:
    totals = driven(right_server.Callback())

    assert totals.whole > 0
    assert totals.errors == {}
    assert totals.lacking == []
    assert len(totals.page_s) == len(totals.commit_s)
    assert totals.records <= 25 * len(totals.page_s)


def test_a_walk_that_lacks_a_record_is_noticed() -> None:
    class Forgetful(right_server.Callback):
        """Loses its first record with every walk."""

        def page(
            self, ask: right_server.Ask, feed: dict[int, right_records.Fields]
        ) -> right_server.Reply:
            reply = super().page(ask, feed)
            if "cursor" not in ask.query and len(feed) > 50:
                del feed[min(feed)]
            return reply

    totals = driven(Forgetful(), importers=1, scopes=("customer",))

    assert totals.lacking
    assert totals.lacking[0].startswith("right.example customer: id c0")


def test_a_refusal_is_counted_by_its_reason() -> None:
    totals = driven(right_server.Callback(), keys=("wrong",), importers=1)

    assert set(totals.errors) == {"HTTP 401 KEY_INVALID"}
    assert totals.whole == 0


def test_a_server_that_is_down_is_counted_as_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    totals = simulation.run(dataclasses.replace(LOAD, url=url, importers=1))

    assert set(totals.errors) == {"no answer"}


def test_percentiles_are_milliseconds() -> None:
    seconds = [number / 1000 for number in range(1, 102)]

    assert simulation.percentile_ms(seconds, 50) == 51.0
    assert simulation.percentile_ms(seconds, 99) == 100.0
    assert simulation.percentile_ms([0.5], 50) is None
