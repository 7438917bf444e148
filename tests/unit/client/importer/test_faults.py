"""Faults between importer and callback: the same for the same seed, and what each does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from tests.conformance import loopback, right_records, right_server

from pullfeed_client.importer import contract, faults, importing, ordeal, transport

TARGET = "/customers?page=1&page_size=100"
BODY = b'{"shop":"right.example"}'


class Counting(right_server.Callback):
    """Notes how many requests arrive."""

    asked = 0

    def answer(self, ask: right_server.Ask) -> right_server.Reply:
        self.asked += 1
        return super().answer(ask)


@pytest.fixture
def server() -> Iterator[loopback.Server]:
    with loopback.Server(Counting()) as server:
        yield server


@pytest.fixture
def faulty(
    server: loopback.Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], faults.Faulty]]:
    """A way on which only the named fault happens; slow reading does not wait."""
    ways: list[faults.Faulty] = []

    def make(fault: str) -> faults.Faulty:
        monkeypatch.setattr(faults, "FAULTS", (fault,))
        ways.append(
            faults.Faulty(server.url, right_server.KEY, 5.0, random.Random(1), pause=lambda _: None)
        )
        return ways[-1]

    yield make
    for way in ways:
        way.close()


@pytest.mark.parametrize(("fault", "arrived"), [("none", 1), ("doubled", 2), ("slow", 1)])
def test_a_fault_that_lets_the_answer_through_gives_the_whole_of_it(
    server: loopback.Server,
    faulty: Callable[[str], faults.Faulty],
    fault: str,
    arrived: int,
) -> None:
    plain = transport.Http(server.url, right_server.KEY)
    whole = plain.post(TARGET, BODY).body
    plain.close()

    assert faulty(fault).post(TARGET, BODY).body == whole
    assert server.callback.asked == 1 + arrived  # type: ignore[attr-defined]


@pytest.mark.parametrize(("fault", "arrived"), [("cut", 1), ("lost", 0), ("unheard", 1)])
def test_a_fault_that_loses_the_answer_says_so(
    server: loopback.Server,
    faulty: Callable[[str], faults.Faulty],
    fault: str,
    arrived: int,
) -> None:
    with pytest.raises(faults.OnPurpose):
        faulty(fault).post(TARGET, BODY)
    assert server.callback.asked == arrived  # type: ignore[attr-defined]


def test_a_killed_importer_ends(faulty: Callable[[str], faults.Faulty]) -> None:
    with pytest.raises(faults.Killed):
        faulty("killed").post(TARGET, BODY)


@pytest.mark.parametrize("seed", range(5))
def test_an_ordeal_is_the_same_for_the_same_seed_and_complete(
    server: loopback.Server, seed: int
) -> None:
    place = ordeal.Place(server.url, right_server.KEY, 5.0)
    order = importing.Order(contract.SCOPES["product"], right_server.SHOP, "cursor", 10, "each")

    one, other = ordeal.run(place, order, seed), ordeal.run(place, order, seed)

    assert (one.faults, one.lives) == (other.faults, other.lives)
    assert len(one.records) == right_records.COUNT
    assert server.callback.committed["products"] == right_records.COUNT
