"""What holds for SQLite alone: one core a file, and what the file itself is asked to do."""

from __future__ import annotations

import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from tests import factories
from tests.clock import Clock
from tests.store.shop import Shop, ids

from pullfeed_server import erasures, errors, feed, journal
from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.dialects import sqlite
from pullfeed_server.store.sql import SqlStore

_SHOP, _SCOPE = "shop.example", 1


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "state" / "pullfeed.db"


@pytest.fixture
def opened(file: pathlib.Path) -> Iterator[SqlStore]:
    found = SqlStore(f"sqlite:///{file}")
    yield found
    found.close()


def _pragma(store: SqlStore, name: str) -> Any:
    with store._begin("BEGIN") as cursor:
        cursor.execute(f"PRAGMA {name}")
        ((value,),) = cursor.fetchall()
    return value


def _record(number: int, size: int = 10) -> rows.RecordRow:
    return rows.RecordRow(f"c{number}", number, number, b"f", b"p" * size, b"j" * size)


def _put(store: SqlStore, record: rows.RecordRow) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.add_shop(_SHOP, 1)
        tx.records.put(_SHOP, _SCOPE, [record])

    store.write(work)


def test_a_commit_is_on_the_disk_before_it_is_answered(opened: SqlStore) -> None:
    assert _pragma(opened, "journal_mode") == "wal"
    assert _pragma(opened, "synchronous") == 2


def test_the_folder_of_the_file_is_its_owners_alone(opened: SqlStore, file: pathlib.Path) -> None:
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("opened")
def test_a_second_core_on_the_same_file_is_refused(file: pathlib.Path) -> None:
    with pytest.raises(errors.Unusable, match="Another core"):
        SqlStore(f"sqlite:///{file}")


def test_the_file_is_free_again_after_a_close(file: pathlib.Path) -> None:
    for _ in range(2):
        SqlStore(f"sqlite:///{file}").close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:pullfeed.db",
        "sqlite:///pullfeed.db?mode=ro",
        "mysql://x/y",
        "sqlite:",
    ],
)
def test_a_url_of_nothing_that_is_served_is_refused(url: str) -> None:
    with pytest.raises(errors.Unusable):
        SqlStore(url)


def test_a_file_that_is_no_database_is_refused_and_let_go(file: pathlib.Path) -> None:
    file.parent.mkdir()
    file.write_text("this is no database" * 100)
    for _ in range(2):
        with pytest.raises(errors.Unusable, match="cannot be opened"):
            SqlStore(f"sqlite:///{file}")


def test_a_database_of_another_schema_is_refused_and_let_go(file: pathlib.Path) -> None:
    SqlStore(f"sqlite:///{file}").close()
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.execute("UPDATE database SET oldest_version = 99")
    connection.commit()
    connection.close()
    for _ in range(2):
        with pytest.raises(errors.Unusable, match="version 99"):
            SqlStore(f"sqlite:///{file}")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state").write_text("a file, no folder")
    with pytest.raises(errors.Unusable):
        SqlStore(f"sqlite:///{tmp_path}/state/deeper/pullfeed.db")


def test_a_full_disk_stores_nothing_of_a_write_and_the_writer_goes_on(opened: SqlStore) -> None:
    _put(opened, _record(1))
    pages = _pragma(opened, "page_count") + 8
    _pragma(opened, f"max_page_count = {pages}")
    with pytest.raises(errors.StorageFull):
        _put(opened, _record(2, size=1_000_000))
    _put(opened, _record(3))
    page = opened.read(lambda tx: tx.records.page_json(_SHOP, _SCOPE, rows.RECORDS, 0, 10))
    assert (page.size, page.position) == (2, 3)


def test_a_locked_file_is_unavailable_and_names_no_value(
    opened: SqlStore, file: pathlib.Path
) -> None:
    _pragma(opened, "busy_timeout = 1")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(errors.StoreUnavailable) as refused:
            _put(opened, _record(1))
    finally:
        other.close()
    assert "c1" not in str(refused.value)
    _put(opened, _record(1))


def test_what_was_answered_is_there_after_a_restart(file: pathlib.Path, clock: Clock) -> None:
    store = SqlStore(f"sqlite:///{file}")
    shop = Shop(store)
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    cursor = importer.page(1).cursor
    importer.page(2)
    importer.commit_page(1)
    store.close()

    store = SqlStore(f"sqlite:///{file}")
    importer = Shop(store).importer()
    assert ids(importer.page(3)) == ["c5"]
    assert ids(importer.after(cursor)) == ["c3", "c4"]
    assert importer.commit_page(1).advanced is False
    assert importer.commit_page(2).position == 4
    store.close()


def test_a_new_database_in_the_place_of_an_old_one_takes_none_of_its_tokens(
    file: pathlib.Path,
) -> None:
    signed: list[feed.Page] = []
    for _ in range(2):
        store = SqlStore(f"sqlite:///{file}")
        shop = Shop(store)
        shop.put("c1", "c2", "c3")
        signed.append(shop.importer().page(1))
        importer = shop.importer()
        if len(signed) == 2:
            with pytest.raises(errors.CursorExpired):
                importer.after(signed[0].cursor)
            with pytest.raises(errors.TokenExpired):
                importer.commit_token(signed[0].commit_token)
        store.close()
        file.unlink()


def test_a_database_keeps_its_first_epoch(file: pathlib.Path) -> None:
    epochs: set[int] = set()
    for _ in range(2):
        store = SqlStore(f"sqlite:///{file}")
        epochs.add(store.read(lambda tx: tx.feeds.epoch().epoch))
        store.close()
    assert len(epochs) == 1
    assert epochs.pop() < 2**62


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_gone_takes_no_write(
    opened: SqlStore, file: pathlib.Path, *, replaced: bool
) -> None:
    _put(opened, _record(1))
    file.unlink()
    if replaced:
        file.touch()
    with pytest.raises(errors.StoreUnavailable, match="removed"):
        _put(opened, _record(2))


def test_a_file_that_is_gone_is_not_made_anew_by_a_reader(
    opened: SqlStore, file: pathlib.Path
) -> None:
    _put(opened, _record(1))
    file.unlink()

    def work(_: Transaction) -> bool:
        # The one connection there is takes part in this very call.
        return opened.read(lambda tx: tx.feeds.has_shop(_SHOP))

    with pytest.raises(errors.StoreUnavailable, match="removed"):
        opened.read(work)
    assert not file.exists()


def test_two_names_of_one_file_have_one_lock(opened: SqlStore, file: pathlib.Path) -> None:
    assert opened is not None
    link = file.parent.parent / "link" / "other.db"
    link.parent.mkdir()
    link.symlink_to(file)
    with pytest.raises(errors.Unusable, match="Another core"):
        SqlStore(f"sqlite:///{link}")
    assert list(link.parent.iterdir()) == [link]


def test_a_page_deep_in_the_feed_is_found_by_its_index(opened: SqlStore) -> None:
    statement = opened._statements.records.page_json[rows.RECORDS]
    with opened._begin("BEGIN") as cursor:
        bound = statement._bound({"shop": _SHOP, "scope": _SCOPE, "after": 10**7, "limit": 51})
        cursor.execute(f"EXPLAIN QUERY PLAN {statement._text}", bound)
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "records_by_position" in plan
    assert "position>?" in plan
    assert "TEMP B-TREE" not in plan


def test_an_erased_record_leaves_no_byte_in_the_file_and_none_in_the_log(
    file: pathlib.Path, opened: SqlStore, tmp_path: pathlib.Path
) -> None:
    shop = Shop(opened)
    names = [f"c{number:03}" for number in range(300)]
    # Versions of several lengths, so that rows move between pages.
    for second, filler in enumerate(("x", "x" * 3000, "x" * 20)):
        shop.put(*names, second=second, email=f"needle.{filler[:20]}@example.com")
        shop.put_all(
            [
                factories.record(
                    factories.customer(
                        customer_id=name,
                        first_name=f"Needle{filler}",
                        last_modified_date=f"2024-12-01T10:31:{second:02}Z",
                    )
                )
                for name in names
            ]
        )
    shop.put("w1", second=3, email="needle")
    assert b"eedle" in _bytes(file)
    erasing = erasures.Erasures(opened, journal.Journal(tmp_path / "erasures.jsonl"))
    erased = erasing.erase(_SHOP, _SCOPE, [*names, "w1"])
    assert erased.erased == 301
    assert b"eedle" not in _bytes(file)
    assert pathlib.Path(f"{file}-wal").stat().st_size == 0
    assert len(erased.pending) == 1


def test_a_reader_that_keeps_the_log_from_being_emptied_is_told(
    opened: SqlStore, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shop = Shop(opened)
    shop.put("c1")
    erasing = erasures.Erasures(opened, journal.Journal(tmp_path / "erasures.jsonl"))

    def work(tx: Transaction) -> list[str]:
        tx.feeds.has_shop(_SHOP)
        return erasing.erase(_SHOP, _SCOPE, ["c1"]).pending

    held_up, _ = opened.read(work)
    assert "write-ahead log" in held_up
    assert len(erasing.erase(_SHOP, _SCOPE, ["c1"]).pending) == 1
    assert pathlib.Path(f"{file}-wal").stat().st_size == 0


def test_a_large_file_is_not_copied_at_an_erasure_and_that_is_told(
    opened: SqlStore, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MAX_VACUUM_BYTES", 0)
    Shop(opened).put("c1")
    erasing = erasures.Erasures(opened, journal.Journal(tmp_path / "erasures.jsonl"))
    slack, _ = erasing.erase(_SHOP, _SCOPE, ["c1"]).pending
    assert "VACUUM" in slack


def _bytes(file: pathlib.Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
