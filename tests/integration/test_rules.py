"""A core and a feed whose rules are of a newer version, over the wire."""

from __future__ import annotations

import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed_server import encoding

_SENTENCE = (
    "The feed is judged by the rules of a newer version. Upgrade this core, or ask a newer one."
)


@pytest.fixture
def older(
    world: worlds.World, shop: str, importer: worlds.Importer, monkeypatch: pytest.MonkeyPatch
) -> worlds.Importer:
    """An importer of a core that the feed is too new for."""
    world.writer.put(shop, *factories.customers(3))
    importer.page()
    monkeypatch.setattr(encoding, "RULES", encoding.RULES - 1)
    return importer


@pytest.mark.parametrize(
    "path", ["/customers", "/customers/removed", "/customers/commit", "/customers/removed/commit"]
)
def test_an_importer_is_told_to_ask_again(older: worlds.Importer, path: str) -> None:
    answer = older.post(path, page=1)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json() == {
        "status": "error",
        "message": _SENTENCE,
        "error": {"code": "UNAVAILABLE", "reason": "RULES_UNKNOWN"},
    }


@pytest.mark.usefixtures("older")
def test_a_writer_is_told_the_same_and_nothing_is_stored(
    world: worlds.World, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = worlds.refusal(lambda: world.writer.put(shop, *factories.customers(5)))
    assert refused == ("UNAVAILABLE", "RULES_UNKNOWN", "", _SENTENCE)
    monkeypatch.undo()
    (chunk,) = world.operator.export(shop)
    assert len(chunk.records) == 3
