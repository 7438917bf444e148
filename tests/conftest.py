from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
from tests import clock as test_clock
from tests import databases as test_databases
from tests import wiretap

# Examples are judged by what they show, not by how long a busy machine takes.
hypothesis.settings.register_profile("pullfeed", deadline=None)
hypothesis.settings.load_profile("pullfeed")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set for pullfeed must not decide a test."""
    for name in list(os.environ):
        if name.startswith("PULLFEED_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def tap() -> Iterator[wiretap.Wiretap]:
    """Hears every statement that a core of this process sends."""
    with pytest.MonkeyPatch.context() as patch:
        heard = wiretap.Wiretap()
        wiretap.install(heard, patch)
        yield heard


@pytest.fixture(autouse=True)
def no_statement_crosses_shops(tap: wiretap.Wiretap) -> Iterator[None]:
    """Each stays with one shop, but for those that are listed with their reasons."""
    tap.faults.clear()
    yield
    assert tap.faults == []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> test_clock.Clock:
    """The core's time, which stands still until the test moves it."""
    return test_clock.Clock(monkeypatch)


@pytest.fixture(scope="session")
def databases() -> Iterator[test_databases.Databases]:
    """New databases of every engine; what was started for them ends with the session."""
    made = test_databases.Databases()
    yield made
    made.close()
