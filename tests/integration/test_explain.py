"""Did they get it: asked over the wire, of what importers fetched over HTTP."""

from __future__ import annotations

from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import record_pb2


def _confirmed(world: worlds.World, shop: str, id: str) -> dict[str, bool]:
    """Who has confirmed an id, among the importers that committed anything of this shop."""
    found = world.writer.explain(shop, id).importers
    return {
        one.importer: one.has_confirmed
        for one in found
        if one.committed_position or one.has_confirmed
    }


def test_an_importer_has_what_it_committed_and_is_owed_the_rest(
    world: worlds.World, shop: str, importer: worlds.Importer, number: int
) -> None:
    world.writer.put(shop, *factories.customers(5))
    importer.page(page_size=2)
    importer.commit(page=1, page_size=2)

    name = f"importer-{number}"
    assert _confirmed(world, shop, "c0002") == {name: True}
    assert _confirmed(world, shop, "c0003") == {name: False}

    newer = factories.customer(
        customer_id="c0002", email="no", last_modified_date="2024-12-02T00:00:00Z"
    )
    world.writer.put(shop, factories.record(newer))
    found = world.operator.explain(shop, "c0002")
    assert found.list == record_pb2.LIST_REMOVED
    assert [broken.field for broken in found.withheld.violations] == ["email"]
    assert not any(one.has_confirmed for one in found.importers)


def test_a_foreign_shop_looks_like_none(world: worlds.World, shop: str) -> None:
    world.writer.put(shop, *factories.customers(1))
    stranger = world.internal(world.operator.new_key(2, "elsewhere.example").secret)

    refused = [
        worlds.refusal(lambda: stranger.explain(shop, "c0001")),
        worlds.refusal(lambda: stranger.explain("nowhere.example", "c0001")),
    ]

    assert {one.reason for one in refused} == {"SHOP_NOT_FOUND"}
