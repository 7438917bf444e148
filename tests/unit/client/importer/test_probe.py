"""Exchanges as the checks see them: masked, repeated where a server is busy, never an exception."""

from __future__ import annotations

import socket

import pytest
from tests.conformance import loopback, right_server

from pullfeed_client.importer import probe

BODY = b'{"shop":"right.example"}'


def request(target: str = "/customers?page=1&page_size=2") -> probe.Request:
    return probe.Request(target, BODY, right_server.KEY)


def test_what_was_sent_shows_neither_key_nor_whole_cursor() -> None:
    told = request("/customers?cursor=abcdefghijklmn&page_size=2").told("/base")

    assert told == (
        'POST /base/customers?cursor=abcdef…&page_size=2 {"shop":"right.example"} with X-Api-Key'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such john@example.com here", "no such … here"),
        ("call +15550100123 or 5550100", "call … or …"),
        ("page_size must be 1 to 1000", "page_size must be 1 to 1000"),
        ("a\n b", "a b"),
    ],
)
def test_a_servers_words_are_shown_without_mails_and_numbers(text: str, shown: str) -> None:
    assert probe.masked(text) == shown


def test_a_busy_server_is_asked_again_after_the_time_it_names() -> None:
    class Busy(right_server.Callback):
        count = 0

        def answer(self, ask: right_server.Ask) -> right_server.Reply:
            self.count += 1
            if self.count < 3:
                refused = self.refusal(right_server.Refuse(503, "UNAVAILABLE", "Later."))
                refused.headers["Retry-After"] = "4"
                return refused
            return super().answer(ask)

    waits: list[float] = []
    with loopback.Server(Busy()) as server:
        way = probe.Probe(server.url, 5.0, pause=waits.append)
        exchange = way.send(request())
        way.close()

    assert (exchange.status, waits) == (200, [4.0, 4.0])


def test_a_connection_the_server_closed_meanwhile_is_opened_again() -> None:
    with loopback.Server(right_server.Callback()) as server:
        way = probe.Probe(server.url, 5.0)
        first = way.send(request())
        server.hang_up()
        second = way.send(request())
        way.close()

    assert (first.status, second.status) == (200, 200)


def test_no_answer_is_noted_with_its_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    exchange = probe.Probe(f"http://127.0.0.1:{port}", 5.0).send(request())

    assert (exchange.status, exchange.body) == (0, b"")
    assert "refused" in exchange.failure


def test_silence_ends_with_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        way = probe.Probe(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.05)
        exchange = way.send(request())
        way.close()

    assert exchange.failure == "no byte came before the timeout"
