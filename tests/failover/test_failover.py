"""The primary is killed in the midst of writes, walks and commits, and its standby promoted."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import orjson
import pytest
from tests.failover import cluster, crowd

pytestmark = [pytest.mark.failover, pytest.mark.postgresql]

_JUMP = 2**32
_SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 7))]
_RECORDS = "SELECT position, id, json FROM records ORDER BY position"

_ENDED = ["WALK_EXPIRED", "CURSOR_EXPIRED", "WALK_EXPIRED", "TOKEN_EXPIRED"]

Make = Callable[..., cluster.Cluster]


@pytest.fixture
def make(tmp_path: pathlib.Path) -> Iterator[Make]:
    made: list[cluster.Cluster] = []

    def start(*, is_synchronous: bool) -> cluster.Cluster:
        made.append(cluster.Cluster(tmp_path, is_synchronous=is_synchronous))
        return made[-1]

    yield start
    for running in made:
        running.close()


def _kept(running: cluster.Cluster) -> dict[str, str]:
    """Each record's version as the standby has it."""
    rows = running.kept("SELECT id, json FROM records")
    return {key: orjson.loads(body)["first_name"] for key, body in rows}


def _newest(running: cluster.Cluster) -> dict[str, str]:
    """The feed's records by id, each with its version."""
    return {
        record.customer.customer_id: record.customer.first_name
        for chunk in running.cores[0].operator.export(crowd.SHOP)
        for record in chunk.records
    }


def _check_positions(running: cluster.Cluster) -> None:
    """What the new server gave out lies far behind all that the old one did."""
    ((counter,),) = running.lost("SELECT position FROM feeds")
    old = {position: (key, body) for position, key, body in running.lost(_RECORDS)}
    for position, key, body in running.kept(_RECORDS):
        if position <= counter:
            assert old.get(position, (key, body)) == (key, body), "a position was given twice"
        else:
            assert position > _JUMP
    ((jumps,),) = running.kept("SELECT jumps FROM database")
    assert jumps == 1, "one failover is one epoch, whatever number of cores sees it"


def _check_importers(running: cluster.Cluster, acted: crowd.Crowd) -> None:
    """No walk missed an id, and no commit confirms what was not served."""
    for importer in acted.importers:
        for walk in importer.walks:
            assert len(walk) == crowd.IDS, "a walk skipped what was there all along"
    ledger = running.cores[1].operator
    for key, version in _newest(running).items():
        for reach in ledger.explain(crowd.SHOP, key).importers:
            if reach.has_confirmed:
                served = acted.importers[reach.importer == "cursor"].served
                assert (key, version) in served, "a record was confirmed that was not served"


def _check_last_walks(running: cluster.Cluster, acted: crowd.Crowd) -> None:
    """When nobody writes any more a walk has the feed as it is."""
    newest = _newest(running)
    for importer in acted.importers:
        done = len(importer.walks) + 2
        while len(importer.walks) < done:
            importer.step(running.cores[0])
        assert importer.walks[-1] == newest


def _check(running: cluster.Cluster, acted: crowd.Crowd) -> None:
    assert acted.away, "the failover was not noticed"
    _check_last_walks(running, acted)
    _check_positions(running)
    _check_importers(running, acted)


@pytest.mark.parametrize("seed", _SEEDS)
def test_with_a_synchronous_standby_nothing_that_was_answered_is_lost(
    make: Make, seed: int
) -> None:
    running = make(is_synchronous=True)
    acted = crowd.Crowd(running, seed)

    def through() -> None:
        acted.go_on(100 + 10 * seed)
        bystander = acted.bystander()
        running.kill()
        assert acted.missing(_kept(running)) == []
        running.standby.promote()
        assert bystander.refusals() == _ENDED
        acted.go_on(100)

    acted.act(through)
    assert acted.missing(_newest(running)) == []
    _check(running, acted)


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_standby_that_fell_behind_gives_no_position_twice_and_confirms_nothing_unseen(
    make: Make, seed: int
) -> None:
    running = make(is_synchronous=False)
    acted = crowd.Crowd(running, seed)

    def through() -> None:
        acted.go_on(50)
        running.follow_no_more()
        bystander = acted.bystander()
        acted.go_on(50 + 10 * seed)
        running.kill()
        assert acted.missing(_kept(running)), "nothing was lost: this shows nothing"
        running.standby.promote()
        assert bystander.refusals() == _ENDED
        acted.go_on(100)

    acted.act(through)
    _check(running, acted)
