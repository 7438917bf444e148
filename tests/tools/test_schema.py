"""The protos' style, format and promises are judged offline."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RECORD = pathlib.Path("proto", "pullfeed", "v1", "record.proto")
FEED = pathlib.Path("proto", "pullfeed", "v1", "feed_service.proto")


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> pathlib.Path:
    """A repository of its own whose only commit holds the protos as they are."""
    root = tmp_path / "repository"
    shutil.copytree(ROOT / "proto", root / "proto", ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init", "--quiet")
    git(root, "add", "proto")
    git(root, "commit", "--quiet", "--message", "The protos.")
    return root


def git(root: pathlib.Path, *arguments: str) -> None:
    person = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", "-C", root, *person, *arguments], check=True)


def schema(root: pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "schema.py"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def replace(path: pathlib.Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def move_a_number(root: pathlib.Path) -> None:
    replace(root / FEED, "string cursor = 4 ", "string cursor = 40 ")


def test_the_protos_keep_style_format_and_promises(repository: pathlib.Path) -> None:
    finished = schema(repository)

    assert finished.returncode == 0, finished.stdout
    assert finished.stdout == ""


def test_a_field_without_a_comment_is_refused(repository: pathlib.Path) -> None:
    with (repository / RECORD).open("a", encoding="utf-8") as proto:
        proto.write("\n// One more.\nmessage Extra {\n  string word = 1;\n}\n")

    finished = schema(repository)

    assert finished.returncode == 1
    assert 'Field "word" should have a non-empty comment' in finished.stdout


def test_a_badly_formatted_proto_is_refused_with_the_difference(repository: pathlib.Path) -> None:
    with (repository / RECORD).open("a", encoding="utf-8") as proto:
        proto.write("\n// One more.\nmessage   Extra {}\n")

    finished = schema(repository)

    assert finished.returncode == 1
    assert "+message Extra {}" in finished.stdout


def test_a_moved_field_number_is_refused_after_a_release(repository: pathlib.Path) -> None:
    git(repository, "tag", "v0.1.0")
    move_a_number(repository)

    finished = schema(repository)

    assert finished.returncode == 1
    assert 'Previously present field "4" with name "cursor"' in finished.stdout


def test_a_break_committed_after_the_release_is_still_refused(repository: pathlib.Path) -> None:
    git(repository, "tag", "v0.1.0")
    move_a_number(repository)
    git(repository, "commit", "--all", "--quiet", "--message", "A break.")

    assert schema(repository).returncode == 1


def test_before_a_release_a_break_is_shown_and_allowed(repository: pathlib.Path) -> None:
    move_a_number(repository)

    finished = schema(repository)

    assert finished.returncode == 0
    assert 'Previously present field "4" with name "cursor"' in finished.stdout
    assert "allowed before a release" in finished.stdout


def test_without_a_repository_it_is_said_that_promises_are_not_judged(
    tmp_path: pathlib.Path,
) -> None:
    shutil.copytree(ROOT / "proto", tmp_path / "proto")

    finished = schema(tmp_path)

    assert finished.returncode == 0, finished.stdout
    assert "breaking changes not sought" in finished.stdout
