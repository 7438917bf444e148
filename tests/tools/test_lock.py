"""requirements.lock pins what pyproject.toml asks for, and names no place to get it from."""

from __future__ import annotations

import pathlib
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def asked() -> list[Requirement]:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    return [Requirement(text) for each in lists for text in each if isinstance(text, str)]


def locked() -> dict[str, str]:
    lines = (line.split(" ;")[0] for line in LOCK.splitlines() if "==" in line)
    return dict(line.strip().split("==", 1) for line in lines)


@pytest.mark.parametrize("requirement", asked(), ids=str)
def test_a_requirement_is_locked_within_its_range(requirement: Requirement) -> None:
    version = locked()[requirement.name]

    assert requirement.specifier.contains(version), version


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert not [line for line in LOCK.splitlines() if line.startswith("-")]
