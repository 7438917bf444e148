"""The target's cores must know the secrets of the source, and nobody else is told them."""

from __future__ import annotations

import pathlib
import stat

import pytest

from pullfeed_server import errors
from pullfeed_server.moving import ring

_OWN, _OLD = "o" * 40, "p" * 40
_OTHER = "q" * 40
_SERVER = "postgresql://pullfeed@db.example/pullfeed"


@pytest.fixture
def source(tmp_path: pathlib.Path) -> str:
    """A file with its secrets beside it."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "secrets").write_text(f"{_OWN}\n{_OLD}\n")
    return f"sqlite:///{folder}/pullfeed.db"


@pytest.fixture
def out(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "target.env"


def test_the_ring_of_a_file_is_written_for_the_targets_cores(
    source: str, out: pathlib.Path
) -> None:
    said = ring.carry(source, _SERVER, "", out)
    assert out.read_text() == f"PULLFEED_SECRETS={_OWN},{_OLD}\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert said == f"The secrets for the target's cores stand in {out}."


def test_given_secrets_stand_behind_the_sources(source: str, out: pathlib.Path) -> None:
    ring.carry(source, _SERVER, f"{_OLD},{_OTHER}", out)
    assert out.read_text() == f"PULLFEED_SECRETS={_OWN},{_OLD},{_OTHER}\n"


def test_a_secret_that_a_shell_would_read_is_quoted(out: pathlib.Path) -> None:
    ring.carry(_SERVER, _SERVER, "a secret of thirty-two $ characters", out)
    assert out.read_text() == "PULLFEED_SECRETS='a secret of thirty-two $ characters'\n"


def test_the_same_file_may_be_written_again(source: str, out: pathlib.Path) -> None:
    ring.carry(source, _SERVER, "", out)
    ring.carry(source, _SERVER, "", out)


def test_a_file_gets_them_beside_it_too_unless_it_has_its_own(
    source: str, out: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    kept = tmp_path / "secrets"
    ring.carry(source, f"sqlite:///{tmp_path}/pullfeed.db", "", out)
    assert kept.read_text() == f"{_OWN}\n{_OLD}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_text("its own")
    ring.carry(source, f"sqlite:///{tmp_path}/pullfeed.db", "", out)
    assert kept.read_text() == "its own"


def test_a_file_with_something_else_in_it_stays(source: str, out: pathlib.Path) -> None:
    out.write_text("mine")
    with pytest.raises(errors.Unusable, match="holds something else"):
        ring.carry(source, _SERVER, "", out)
    assert out.read_text() == "mine"


def test_a_ring_that_lacks_one_of_the_sources_secrets_is_refused(source: str) -> None:
    for given in ("", _OTHER, _OWN):
        with pytest.raises(errors.Unusable, match="cursors would end: say --secrets-file") as told:
            ring.carry(source, _SERVER, given, None)
        assert _OLD not in str(told.value)
    assert ring.carry(source, _SERVER, f"{_OTHER},{_OLD},{_OWN}", None) == ""


def test_a_file_gets_the_sources_ring_beside_it(source: str, tmp_path: pathlib.Path) -> None:
    target = f"sqlite:///{tmp_path}/pullfeed.db"
    ring.carry(source, target, "", None)
    assert (tmp_path / "secrets").read_text() == f"{_OWN}\n{_OLD}\n"
    assert ring.carry(source, target, "", None) == ""


def test_a_file_with_another_ring_beside_it_is_refused(source: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "secrets").write_text(_OTHER)
    with pytest.raises(errors.Unusable, match="cursors would end"):
        ring.carry(source, f"sqlite:///{tmp_path}/pullfeed.db", "", None)


def test_the_secrets_of_a_servers_cores_must_be_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Unusable, match="set PULLFEED_SECRETS as they have it"):
        ring.carry(_SERVER, f"sqlite:///{tmp_path}/pullfeed.db", "", None)


@pytest.mark.parametrize("target", ["sqlite:///{}/b/pullfeed.db", _SERVER])
def test_a_file_whose_core_was_given_its_secrets_asks_for_them(
    tmp_path: pathlib.Path, out: pathlib.Path, target: str
) -> None:
    source = f"sqlite:///{tmp_path}/a/pullfeed.db"
    for path in (None, out):
        with pytest.raises(errors.Unusable, match="set PULLFEED_SECRETS as they have it"):
            ring.carry(source, target.format(tmp_path), "", path)
    assert not out.exists()
