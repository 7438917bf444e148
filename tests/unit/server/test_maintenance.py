from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable

import click.testing
import pytest

from pullfeed_server import __main__ as program
from pullfeed_server import encoding, errors
from pullfeed_server.store.sql import SqlStore

Run = Callable[..., str]


@pytest.fixture
def url(tmp_path: pathlib.Path) -> str:
    return f"sqlite:///{tmp_path}/pullfeed.db"


@pytest.fixture
def run(url: str) -> Run:
    """What the command says on a file of the test's."""

    def call(*arguments: str) -> str:
        done = click.testing.CliRunner().invoke(
            program.command, ["--database", url, *arguments], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.output

    return call


def test_migrate_says_which_version_the_database_has(run: Run, url: str) -> None:
    assert run("migrate") == "The database has schema version 1.\n"
    assert run("migrate") == "The database has schema version 1, as before.\n"
    SqlStore(url).close()


def test_check_changes_nothing(run: Run) -> None:
    for _ in range(2):
        with pytest.raises(errors.Unusable, match="no tables yet"):
            run("migrate", "--check")
    run("migrate")
    assert run("migrate", "--check") == "The database has schema version 1.\n"


def test_the_script_of_a_server_is_printed_without_one() -> None:
    done = click.testing.CliRunner().invoke(
        program.command, ["--database", "postgresql://127.0.0.1:1/none", "migrate", "--sql"]
    )
    assert done.exit_code == 0
    assert done.output.startswith("BEGIN;")
    assert 'shop TEXT COLLATE "C" NOT NULL' in done.output
    assert done.output.strip().endswith("COMMIT;")


def test_reapply_says_which_rules_feeds_are_brought_to(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("migrate")
    assert run("reapply") == "Feeds are brought to rules 1, as before.\n"
    monkeypatch.setattr(encoding, "RULES", 2)
    assert run("reapply") == "Feeds are brought to rules 2.\n"
    with contextlib.closing(SqlStore(url)) as store:
        assert store.read(lambda tx: tx.feeds.rules()) == 2


def test_an_older_version_has_nothing_reapplied(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    run("reapply")
    monkeypatch.setattr(encoding, "RULES", 0)
    with pytest.raises(errors.Unusable, match="start a newer pullfeed-server"):
        run("reapply")


def test_reapply_wants_the_tables_of_this_version(run: Run) -> None:
    with pytest.raises(errors.Unusable, match="pullfeed-server migrate"):
        run("reapply")


def test_the_script_for_a_citus_spreads_the_tables_behind_it() -> None:
    given = ["--database", "postgresql://127.0.0.1:1/none", "migrate", "--sql", "--citus"]
    done = click.testing.CliRunner().invoke(program.command, given)
    assert done.exit_code == 0
    _, _, behind = done.output.partition("COMMIT;")
    spread = "SELECT create_distributed_table('records', 'shop', colocate_with => 'shops');"
    assert spread in behind.split("\n")


@pytest.mark.parametrize("arguments", [("--citus",), ("--citus", "--check"), ("--citus", "--sql")])
def test_a_file_is_not_spread_over_nodes(run: Run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(errors.Unusable, match="names a file; --citus spreads"):
        run("migrate", *arguments)
