from __future__ import annotations

import pytest
from tests import versions

from pullfeed_server import renewal


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> versions.Versions:
    return versions.Versions(monkeypatch)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "BATCH", 2)
