from __future__ import annotations

import contextlib
import pathlib
import socket
from collections.abc import Generator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from tests import databases as test_databases

from pullfeed_server import app, errors, journal, settings


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "state"


def _settings(folder: pathlib.Path, **changes: Any) -> settings.Settings:
    return settings.Settings(
        **{
            "listen": "127.0.0.1:0",
            "database": f"sqlite:///{folder}/pullfeed.db",
            "secrets": "",
            "operator_key_file": "",
            "allow_anonymous": False,
            "threads": 2,
            "hold_days": 7,
            "metrics_listen": "",
            "silent_after_hours": 24.0,
            "ledger_retention_days": 30.0,
            "notice_timeout_s": 10.0,
            "notice_give_up_hours": 24.0,
            "database_wait_s": 0.0,
            "grace_s": 0.0,
            "log_level": "error",
            **changes,
        }
    )


@contextlib.contextmanager
def _built(folder: pathlib.Path, **changes: Any) -> Generator[app.App]:
    core = app.build(_settings(folder, **changes))
    try:
        yield core
    finally:
        core.stop()


def _mode(path: pathlib.Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_start_makes_key_and_secrets_for_its_owner_alone(folder: pathlib.Path) -> None:
    with _built(folder):
        assert _mode(folder / "operator.key") == 0o600
        assert _mode(folder / "secrets") == 0o600
        assert (folder / "operator.key").read_text().startswith("pf_k")
        assert len((folder / "secrets").read_text().strip()) >= 32
    assert not list(folder.glob("*.new"))


def test_another_start_keeps_them(folder: pathlib.Path) -> None:
    kept: list[tuple[str, str]] = []
    for _ in range(2):
        with _built(folder):
            names = ("operator.key", "secrets")
            kept.append(tuple((folder / name).read_text() for name in names))  # type: ignore[arg-type]
    assert kept[0] == kept[1]


def test_the_operator_key_goes_where_the_setting_says(folder: pathlib.Path) -> None:
    path = folder.parent / "elsewhere.key"
    with _built(folder, operator_key_file=str(path)):
        assert _mode(path) == 0o600
        assert not (folder / "operator.key").exists()


def test_secrets_that_are_given_are_not_kept(folder: pathlib.Path) -> None:
    with _built(folder, secrets=f"{'a' * 32}, {'b' * 40}"):
        assert not (folder / "secrets").exists()


@pytest.mark.parametrize("given", ["short", f"{'a' * 32},short", f"{'a' * 32},", ","])
def test_a_short_secret_is_refused_and_the_file_let_go(folder: pathlib.Path, given: str) -> None:
    with pytest.raises(errors.Unusable, match="PULLFEED_SECRETS") as refused:
        app.build(_settings(folder, secrets=given))
    assert "a" * 32 not in refused.value.message
    with _built(folder):
        pass


@pytest.fixture
def shared(
    databases: test_databases.Databases, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The URL of a database that several cores may serve, in a working folder of the test's."""
    monkeypatch.chdir(tmp_path)
    return databases.server.url()


@pytest.mark.postgresql
def test_a_shared_database_needs_secrets_that_are_given(folder: pathlib.Path, shared: str) -> None:
    with pytest.raises(errors.Unusable, match="PULLFEED_SECRETS"):
        app.build(_settings(folder, database=shared))
    assert list(folder.parent.iterdir()) == []


@pytest.mark.postgresql
def test_the_operator_key_of_a_shared_database_lies_where_the_client_looks(
    folder: pathlib.Path, shared: str
) -> None:
    with (
        _built(folder, database=shared, secrets="a" * 32),
        _built(folder, database=shared, secrets="a" * 32, operator_key_file="second.key"),
    ):
        assert _mode(folder.parent / ".pullfeed") == 0o700
        assert _mode(folder.parent / ".pullfeed" / "operator.key") == 0o600
    assert not (folder.parent / "second.key").exists()


def test_a_file_of_secrets_without_one_is_refused(folder: pathlib.Path) -> None:
    folder.mkdir()
    (folder / "secrets").write_text("\n")
    with pytest.raises(errors.Unusable, match="secrets"):
        app.build(_settings(folder))


def test_a_file_of_secrets_that_is_no_text_is_refused(folder: pathlib.Path) -> None:
    folder.mkdir()
    (folder / "secrets").write_bytes(b"\xff" * 64)
    with pytest.raises(errors.Unusable, match="secrets cannot be read"):
        app.build(_settings(folder))


def test_secrets_that_are_a_folder_are_refused(folder: pathlib.Path) -> None:
    (folder / "secrets").mkdir(parents=True)
    with pytest.raises(errors.Unusable, match="secrets cannot be read"):
        app.build(_settings(folder))


def test_what_lies_beside_the_database_is_found_through_a_link(folder: pathlib.Path) -> None:
    with _built(folder):
        pass
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pullfeed.db").symlink_to(folder / "pullfeed.db")
    with _built(elsewhere):
        assert [path.name for path in elsewhere.iterdir()] == ["pullfeed.db"]


def test_an_operator_key_that_cannot_be_written_is_made_by_the_next_start(
    folder: pathlib.Path,
) -> None:
    absent = folder.parent / "absent" / "operator.key"
    with pytest.raises(errors.Unusable, match="operator"):
        app.build(_settings(folder, operator_key_file=str(absent)))
    with _built(folder):
        assert (folder / "operator.key").exists()


def test_a_taken_address_is_refused_by_the_name_of_its_setting(folder: pathlib.Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(errors.Unusable, match="PULLFEED_CORE_LISTEN"):
            app.build(_settings(folder, listen=f"127.0.0.1:{port}"))
    with _built(folder):
        pass


def test_a_second_core_on_the_same_file_is_refused(folder: pathlib.Path) -> None:
    with _built(folder), pytest.raises(errors.Unusable, match="Another core"):
        app.build(_settings(folder))


def test_a_core_that_serves_says_so(folder: pathlib.Path) -> None:
    with _built(folder) as core, grpc.insecure_channel(core.address) as channel:
        core.start()
        check: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        answer = health_pb2.HealthCheckResponse.FromString(check(b"", timeout=10))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert not core.address.endswith(":0")


def test_the_journal_is_replayed_before_anything_is_served(folder: pathlib.Path) -> None:
    entry = journal.Entry(journal.ERASE, "shop.example", 1, "c1", 1)
    journal.Journal(folder / "erasures.jsonl").append([entry])
    with _built(folder) as core:
        standing = core.store.read(lambda tx: tx.records.standings("shop.example", 1, ["c1"]))
        assert standing["c1"].suppressed


def test_the_journal_lies_where_the_setting_says(folder: pathlib.Path) -> None:
    path = folder.parent / "elsewhere.jsonl"
    path.write_text("no line of a journal\n")
    with pytest.raises(errors.Unusable) as refused, _built(folder, erasure_journal=str(path)):
        pass
    assert str(path) in refused.value.message
