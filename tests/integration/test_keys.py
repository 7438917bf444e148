"""Keys over the wire: made once, rotated without a gap, ended at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import key_service_pb2

IMPORTER = key_service_pb2.ROLE_IMPORTER


def test_rotating_a_key_keeps_the_importers_place(world: worlds.World, shop: str) -> None:
    world.writer.put(shop, *factories.customers(6))
    old = world.operator.new_key(IMPORTER, shop, importer="rotating")
    before = worlds.Importer(world.client, old.secret, shop)
    cursor = before.page(page=1, page_size=2)["meta"]["cursor"]
    before.commit(page=1, page_size=2)

    new = world.operator.new_key(IMPORTER, shop, importer="rotating")
    world.operator.revoke(old.key.key_id)

    after = worlds.Importer(world.client, new.secret, shop)
    assert before.post("/customers").status_code == 401
    assert worlds.ids(after.page(page=2, page_size=2)["data"]) == ["c0003", "c0004"]
    assert worlds.ids(after.page(cursor=cursor, page_size=1)["data"]) == ["c0003"]
    assert after.commit(page=1, page_size=2)["advanced"] is False


def test_an_importer_has_two_live_keys_at_most(world: worlds.World, shop: str) -> None:
    first = world.operator.new_key(IMPORTER, shop, importer="doubled")
    world.operator.new_key(IMPORTER, shop, importer="doubled")

    third = worlds.refusal(lambda: world.operator.new_key(IMPORTER, shop, importer="doubled"))

    assert (third.code, third.reason) == ("FAILED_PRECONDITION", "KEY_LIMIT")
    world.operator.revoke(first.key.key_id)
    assert world.operator.new_key(IMPORTER, shop, importer="doubled").secret


def test_a_key_is_shown_once_and_ends_with_its_date(world: worlds.World, shop: str) -> None:
    made = world.operator.new_key(key_service_pb2.ROLE_WRITER, shop)

    ended = world.operator.revoke(made.key.key_id)
    again = world.operator.revoke(made.key.key_id)

    assert re.fullmatch(r"pf_k[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made.secret)
    assert ended.key.revoked_date.seconds
    assert ended == again
    assert made.secret not in str(ended)


def test_a_key_for_a_shop_that_nothing_was_put_for_says_so_and_is_good(
    world: worlds.World, shop: str
) -> None:
    world.writer.put(shop, *factories.customers(1))
    later = f"later-{shop}"

    made = world.operator.new_key(key_service_pb2.ROLE_WRITER, shop, "*", later)

    assert made.unknown_shops == [later]
    assert world.internal(made.secret).put(later, *factories.customers(1)).stored_count == 1
    again = world.operator.new_key(key_service_pb2.ROLE_WRITER, later)
    assert not again.unknown_shops


def test_the_last_operator_key_stays(world: worlds.World) -> None:
    key_id = (world.folder / "operator.key").read_text().split("_")[1]

    refused = worlds.refusal(lambda: world.operator.revoke(key_id))

    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "LAST_OPERATOR_KEY")


def test_what_the_core_keeps_for_itself_is_private(
    new_world: Callable[..., worlds.World],
) -> None:
    folder = new_world().folder
    for name in ("operator.key", "secrets"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
