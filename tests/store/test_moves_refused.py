"""Moves that are refused: what the two databases must be, and what they must not hold."""

from __future__ import annotations

import pathlib

import pytest
import sqlalchemy as sa
from tests import databases, factories
from tests.store import moving
from tests.store.moving import MakePair, Pair
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import errors, walks
from pullfeed_server.moving import plan
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

_OTHER = "other.example"


def test_a_shop_that_lives_in_the_target_is_refused(pair: Pair) -> None:
    pair.source.put("c1", name=_OTHER)
    pair.copy(_OTHER)
    pair.source.put("c1")
    target = SqlStore(pair.target_url)
    Shop(target).put("c2")
    target.close()
    with pytest.raises(errors.Unusable, match=r"The target serves a shop shop\.example already"):
        pair.copy()
    assert pair.states() == (rows.OPEN, rows.OPEN)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_database_of_a_newer_version_is_left_to_a_newer_copy(pair: Pair, side: str) -> None:
    pair.source.put("c1")
    pair.open_target()
    pair.close_target()
    newer = pair.source_url if side == "source" else pair.target_url
    engine = sa.create_engine(newer.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    engine.dispose()
    with pytest.raises(errors.Unusable, match=f"The {side} has schema version 2"):
        pair.copy()
    assert moving.state(pair.source_url) == rows.OPEN


def test_a_shop_that_is_nowhere_is_refused(pair: Pair) -> None:
    with pytest.raises(errors.Unusable, match=r"The source has no shop shop\.example\."):
        pair.copy()


def test_a_shop_that_was_given_away_goes_to_no_other_database(make_pair: MakePair) -> None:
    pair, other = make_pair(), make_pair()
    pair.source.put("c1")
    pair.copy()
    elsewhere = pair.plan()._replace(target_url=other.target_url)
    with pytest.raises(errors.Unusable, match=r"has given shop\.example to another database"):
        plan.run(elsewhere, moving.Told())


def test_a_target_with_an_epoch_of_its_own_is_refused(pair: Pair) -> None:
    moving.live_alone(pair)
    pair.source.put("c1")
    with pytest.raises(errors.Unusable, match="an epoch of its own"):
        pair.copy()
    assert pair.states() == (rows.OPEN, None)


def test_an_importer_that_is_set_otherwise_in_a_living_target_is_refused(pair: Pair) -> None:
    pair.source.put("c1", name=_OTHER)
    pair.source.keys.set_importer("mail", {CUSTOMERS: walks.START_COMMITTED})
    pair.source.put("c1")
    pair.source.keys.create("importer", "mail", [factories.SHOP, _OTHER])
    pair.copy(_OTHER)
    pair.source.keys.set_importer("mail", {CUSTOMERS: walks.START_FULL})
    with pytest.raises(errors.Unusable, match="The importer mail has other settings in the target"):
        pair.copy()
    assert pair.states() == (rows.OPEN, None)


def test_a_key_of_the_same_id_but_another_hash_is_refused(pair: Pair) -> None:
    pair.source.put("c1")
    key = pair.source.keys.create("writer", "", [factories.SHOP]).row
    target = SqlStore(pair.target_url)
    target.write(lambda tx: tx.keys.add(key._replace(hash=b"another")))
    target.close()
    with pytest.raises(errors.Unusable, match=f"another key under the id {key.key_id}"):
        pair.copy()


def test_a_file_that_a_core_serves_is_no_target(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.source.put("c1")
    pair.open_target()
    with pytest.raises(errors.Unusable, match="Another core serves the database"):
        pair.copy()


def test_a_file_that_is_not_there_is_no_source(make_pair: MakePair, tmp_path: pathlib.Path) -> None:
    pair = make_pair()
    absent = tmp_path / "absent.db"
    with pytest.raises(errors.Unusable, match="There is no database"):
        pair.copy(source_url=f"sqlite:///{absent}")
    assert not absent.exists()


@pytest.mark.postgresql
def test_two_copies_at_once_are_one_too_many(make_pair: MakePair) -> None:
    pair = make_pair(target="postgresql")
    pair.source.put("c1")
    with pytest.raises(errors.Unusable, match="Another copy into the target is under way"):
        pair.copy(meanwhile=pair.copy)


@pytest.mark.parametrize("source", databases.EACH_ENGINE)
def test_of_two_copies_to_two_targets_one_gets_the_shop(make_pair: MakePair, source: str) -> None:
    pair, other = make_pair(source=source), make_pair()
    pair.source.put("c1")
    elsewhere = pair.plan()._replace(target_url=other.target_url)
    begun = iter([lambda: plan.run(elsewhere, moving.Told())])
    with pytest.raises(errors.Unusable, match=r"has given shop\.example to another database"):
        pair.copy(meanwhile=moving.each_once(begun))
    assert pair.states() == (rows.MOVED, None)
    assert moving.state(other.target_url) == rows.OPEN
