"""`pullfeed-server copy`: its options, its lines, and how it ends."""

from __future__ import annotations

import pathlib

import click.testing
import pytest
from tests import factories
from tests.store import moving
from tests.store.shop import Shop

from pullfeed_server import __main__ as program
from pullfeed_server import errors
from pullfeed_server.moving import command
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore


@pytest.fixture
def urls(tmp_path: pathlib.Path) -> tuple[str, ...]:
    """A file with a shop of a record and a tombstone, its secrets beside it, and one to be made."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "secrets").write_text("a-secret-of-more-than-thirty-two-characters")
    store = SqlStore(f"sqlite:///{source}/pullfeed.db")
    Shop(store).put("c1", "c2")
    Shop(store).delete("c2")
    store.close()
    target = f"sqlite:///{tmp_path}/target/pullfeed.db"
    return ("--from", f"sqlite:///{source}/pullfeed.db", "--to", target)


def _run(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(program.command, ["copy", *arguments])


def test_a_shop_is_moved_and_told_of_in_a_line(
    urls: tuple[str, ...], tmp_path: pathlib.Path
) -> None:
    result = _run(*urls, "--shop", f" {factories.SHOP.upper()} ")
    assert result.exit_code == 0, result.output
    kept, moved = result.stdout.splitlines()
    assert kept == f"The secrets of the source stand in {tmp_path}/target/secrets."
    assert moved.startswith("shop.example: 1 records, 1 removed; frozen for ")
    assert "a-secret" not in result.output


def test_a_shop_that_is_named_twice_is_moved_once(urls: tuple[str, ...]) -> None:
    result = _run(*urls, "--shop", factories.SHOP, "--shop", factories.SHOP.upper())
    assert result.exit_code == 0, result.output
    assert result.stdout.count("shop.example: ") == 1


def test_how_far_it_is_stands_on_stderr(
    urls: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_LINE_S", 0.0)
    result = _run(*urls)
    assert result.stderr == "shop.example: 2 records and tombstones copied\n"


def test_undo_takes_its_shops_by_name(urls: tuple[str, ...]) -> None:
    result = _run(*urls, "--undo")
    assert result.exit_code == 2
    assert "--undo takes the shops by name" in result.stderr


@pytest.mark.parametrize("undo", [(), ("--undo",)])
def test_a_mistyped_shop_leaves_nothing_behind(
    urls: tuple[str, ...], tmp_path: pathlib.Path, undo: tuple[str, ...]
) -> None:
    written = tmp_path / "target.env"
    result = _run(
        *(*urls, "--secrets-file", str(written), *undo),
        *("--shop", factories.SHOP, "--shop", "nobody.example", "--shop", "none.example"),
    )
    assert isinstance(result.exception, errors.Unusable)
    assert result.exception.message == "The source has no shop nobody.example, none.example."
    assert not written.exists()
    assert not (tmp_path / "target").exists()
    assert moving.state(urls[1]) == rows.OPEN
