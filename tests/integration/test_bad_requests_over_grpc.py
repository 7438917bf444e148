"""The same faults over gRPC: a code, a reason, a field, a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import grpc
import pytest
from tests import factories
from tests.integration import world as worlds

from pullfeed.v1 import feed_service_pb2, key_service_pb2

OWN, OTHER, FOREIGN = "rpc-own.example", "rpc-other.example", "rpc-foreign.example"
BIG = 2**31 - 1
# A varint of eleven bytes: longer than any number may be.
ENDLESS = b"\x20" + b"\xff" * 10 + b"\x01"


class Stage(NamedTuple):
    """Filled shops, callers of every role, and what can be given at the wrong place."""

    importer: worlds.Internal
    someone: worlds.Internal
    writer: worlds.Internal
    operator: worlds.Internal
    nobody: worlds.Internal
    stranger: worlds.Internal
    revoked: worlds.Internal
    cursor: str
    token: str
    elsewhere: feed_service_pb2.FetchPageResponse
    someones: feed_service_pb2.FetchPageResponse


class Case(NamedTuple):
    """A call and what must be said of it."""

    call: Callable[[Stage], object]
    code: str
    reason: str
    field: str = ""


@pytest.fixture(scope="module")
def stage(world: worlds.World) -> Stage:
    for name in (OWN, OTHER, FOREIGN):
        world.writer.put(name, *factories.customers(3))
    importer = world.internal(world.importer_key("rpc-staged", OWN, OTHER))
    someone = world.internal(world.importer_key("rpc-someone", OWN))
    revoked = world.operator.new_key(key_service_pb2.ROLE_WRITER, OWN)
    world.operator.revoke(revoked.key.key_id)
    page = importer.fetch(OWN, page_size=1)
    return Stage(
        importer=importer,
        someone=someone,
        writer=world.internal(world.operator.new_key(key_service_pb2.ROLE_WRITER, OWN).secret),
        operator=world.operator,
        nobody=world.internal(""),
        stranger=world.internal(f"pf_k{'0' * 12}_{'a' * 43}"),
        revoked=world.internal(revoked.secret),
        cursor=page.cursor,
        token=page.commit_token,
        elsewhere=importer.fetch(OTHER, page_size=1),
        someones=someone.fetch(OWN, page_size=1),
    )


def bad(call: Callable[[Stage], object], field: str) -> Case:
    return Case(call, "INVALID_ARGUMENT", "FIELD_INVALID", field)


def bad_shop(shop: str) -> Case:
    return Case(lambda s: s.importer.fetch(shop), "INVALID_ARGUMENT", "SHOP_INVALID", "shop")


def bad_bytes(method: str, request: bytes) -> Case:
    return Case(lambda s: s.importer.raw(method, request), "INVALID_ARGUMENT", "REQUEST_UNREADABLE")


def bad_cursor(reason: str, call: Callable[[Stage], object]) -> Case:
    return Case(call, "INVALID_ARGUMENT", reason, "cursor")


def bad_token(reason: str, call: Callable[[Stage], object]) -> Case:
    return Case(call, "INVALID_ARGUMENT", reason, "commit_token")


def bad_page(reason: str, call: Callable[[Stage], object]) -> Case:
    return Case(call, "INVALID_ARGUMENT", reason, "page")


def too_large(call: Callable[[Stage], object]) -> Case:
    return Case(call, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")


def not_found(call: Callable[[Stage], object]) -> Case:
    return Case(call, "NOT_FOUND", "SHOP_NOT_FOUND", "shop")


def denied(call: Callable[[Stage], object]) -> Case:
    return Case(call, "PERMISSION_DENIED", "ROLE_DENIED")


def bad_batch(count: int) -> Case:
    return Case(
        lambda s: s.writer.put(OWN, *factories.customers(count)),
        "INVALID_ARGUMENT",
        "BATCH_SIZE",
        "records",
    )


CASES = {
    "no message": Case(
        lambda s: s.importer.raw("FeedService/FetchPage", b""),
        "INVALID_ARGUMENT",
        "SHOP_INVALID",
        "shop",
    ),
    "bytes that are no message": bad_bytes("FeedService/FetchPage", b"\xff\xff\xff\xff"),
    "JSON": bad_bytes("FeedService/FetchPage", b'{"shop":"rpc-own.example"}'),
    "a cut message": bad_bytes("FeedService/FetchPage", b"\x0a\x0frpc-own.exam"),
    "a number that does not end": bad_bytes("FeedService/FetchPage", ENDLESS),
    "a shop of invalid UTF-8": bad_bytes("FeedService/FetchPage", b"\x0a\x02\xc3\x28"),
    "a record of invalid UTF-8": Case(
        lambda s: s.writer.raw("RecordService/PutRecords", invalid_utf8()),
        "INVALID_ARGUMENT",
        "REQUEST_UNREADABLE",
    ),
    "a shop that is a number": Case(
        lambda s: s.importer.raw("FeedService/FetchPage", b"\x08\x07"),
        "INVALID_ARGUMENT",
        "SHOP_INVALID",
        "shop",
    ),
    "an empty shop": bad_shop(""),
    "a blank shop": bad_shop(" \t"),
    "a shop with a scheme": bad_shop(f"https://{OWN}"),
    "a shop with a path": bad_shop(f"{OWN}/admin"),
    "a shop with a NUL": bad_shop("own\0.example"),
    "a shop with an emoji": bad_shop("🛒.example"),
    "a shop of 10 MB": too_large(lambda s: s.importer.fetch("a" * 10_000_000)),
    "a delete of 4 MB": too_large(lambda s: s.writer.delete(OWN, *["c"] * 1_400_000)),
    "a put for a shop with a path": Case(
        lambda s: s.writer.put(f"{OWN}/x", *factories.customers(1)),
        "INVALID_ARGUMENT",
        "SHOP_INVALID",
        "shop",
    ),
    "an unknown shop": not_found(lambda s: s.importer.fetch("unknown.example")),
    "a foreign shop": not_found(lambda s: s.importer.fetch(FOREIGN)),
    "an unknown shop of a key for all": not_found(lambda s: s.operator.export("unknown.example")),
    "a commit in an unknown shop": not_found(lambda s: s.importer.commit_page("no.example", 1)),
    "a commit in a foreign shop": not_found(lambda s: s.importer.commit_page(FOREIGN, 1)),
    "an export of a foreign shop": not_found(lambda s: s.importer.export(FOREIGN)),
    "a put for a foreign shop": not_found(lambda s: s.writer.put(FOREIGN, *factories.customers(1))),
    "a delete in a foreign shop": not_found(lambda s: s.writer.delete(FOREIGN, "c0001")),
    "the withheld of a foreign shop": not_found(lambda s: s.writer.withheld(FOREIGN)),
    "no scope": bad(lambda s: s.importer.fetch(OWN, 0), "scope"),
    "an unknown scope": bad(lambda s: s.importer.fetch(OWN, 9), "scope"),
    "an unknown form": bad(lambda s: s.importer.fetch(OWN, form=7), "form"),
    "page 0": bad(lambda s: s.importer.fetch(OWN, page=0), "page"),
    "page -1": bad(lambda s: s.importer.fetch(OWN, page=-1), "page"),
    "page 10^9": bad_page("PAGE_NOT_REACHED", lambda s: s.importer.fetch(OWN, page=10**9)),
    "the last page a number holds": bad_page(
        "PAGE_NOT_REACHED", lambda s: s.importer.fetch(OWN, page=BIG, page_size=1000)
    ),
    "page_size 0": bad(lambda s: s.importer.fetch(OWN, page_size=0), "page_size"),
    "page_size -1": bad(lambda s: s.importer.fetch(OWN, page_size=-1), "page_size"),
    "page_size 1001": bad(lambda s: s.importer.fetch(OWN, page_size=1001), "page_size"),
    "an export from before the beginning": bad(
        lambda s: s.importer.export(OWN, after=-1), "after_position"
    ),
    "an empty cursor": bad(lambda s: s.importer.fetch(OWN, cursor=""), "cursor"),
    "a made-up cursor": bad_cursor(
        "CURSOR_INVALID", lambda s: s.importer.fetch(OWN, cursor="abc123")
    ),
    "a cut cursor": bad_cursor(
        "CURSOR_INVALID", lambda s: s.importer.fetch(OWN, cursor=s.cursor[:-1])
    ),
    "a flipped cursor": bad_cursor(
        "CURSOR_INVALID", lambda s: s.importer.fetch(OWN, cursor=f"x{s.cursor[1:]}")
    ),
    "a cursor of 10 MB": too_large(lambda s: s.importer.fetch(OWN, cursor="A" * 10_000_000)),
    "a commit token for a cursor": bad_cursor(
        "CURSOR_INVALID", lambda s: s.importer.fetch(OWN, cursor=s.token)
    ),
    "a cursor of another shop": bad_cursor(
        "CURSOR_FOREIGN", lambda s: s.importer.fetch(OWN, cursor=s.elsewhere.cursor)
    ),
    "a cursor of another scope": bad_cursor(
        "CURSOR_FOREIGN", lambda s: s.importer.fetch(OWN, worlds.ORDER, cursor=s.cursor)
    ),
    "a cursor of another importer": bad_cursor(
        "CURSOR_FOREIGN", lambda s: s.importer.fetch(OWN, cursor=s.someones.cursor)
    ),
    "a commit of nothing": bad(lambda s: s.importer.commit(OWN), "point"),
    "a commit of page 0": bad(lambda s: s.importer.commit_page(OWN, 0), "page.page"),
    "a commit of page_size 1001": bad(
        lambda s: s.importer.commit_page(OWN, 1, 1001), "page.page_size"
    ),
    "a commit of a page never served": bad_page(
        "PAGE_NOT_SERVED", lambda s: s.importer.commit_page(OWN, 9, 1)
    ),
    "a commit of a page_size never asked": bad_page(
        "PAGE_NOT_SERVED", lambda s: s.importer.commit_page(OWN, 1, 999)
    ),
    "a commit of a scope never asked": bad_page(
        "PAGE_NOT_SERVED", lambda s: s.importer.commit_page(OWN, 1, 1, worlds.ORDER)
    ),
    "a made-up token": bad_token(
        "TOKEN_INVALID", lambda s: s.importer.commit(OWN, commit_token="abc123")
    ),
    "a cut token": bad_token(
        "TOKEN_INVALID", lambda s: s.importer.commit(OWN, commit_token=s.token[:-4])
    ),
    "a flipped token": bad_token(
        "TOKEN_INVALID", lambda s: s.importer.commit(OWN, commit_token=f"x{s.token[1:]}")
    ),
    "a cursor for a token": bad_token(
        "TOKEN_INVALID", lambda s: s.importer.commit(OWN, commit_token=s.cursor)
    ),
    "a token of another shop": bad_token(
        "TOKEN_FOREIGN", lambda s: s.importer.commit(OWN, commit_token=s.elsewhere.commit_token)
    ),
    "a token of another scope": bad_token(
        "TOKEN_FOREIGN", lambda s: s.importer.commit(OWN, worlds.ORDER, commit_token=s.token)
    ),
    "a token of another importer": bad_token(
        "TOKEN_FOREIGN", lambda s: s.importer.commit(OWN, commit_token=s.someones.commit_token)
    ),
    "no key": Case(lambda s: s.nobody.fetch(OWN), "UNAUTHENTICATED", "KEY_MISSING"),
    "an unknown key": Case(lambda s: s.stranger.fetch(OWN), "UNAUTHENTICATED", "KEY_INVALID"),
    "a revoked key": Case(
        lambda s: s.revoked.put(OWN, *factories.customers(1)), "UNAUTHENTICATED", "KEY_INVALID"
    ),
    "no key and no message": Case(
        lambda s: s.nobody.raw("FeedService/FetchPage", b"\xff"), "UNAUTHENTICATED", "KEY_MISSING"
    ),
    "a writer's fetch": denied(lambda s: s.writer.fetch(OWN)),
    "a writer's commit": denied(lambda s: s.writer.commit_page(OWN, 1)),
    "a writer's export": denied(lambda s: s.writer.export(OWN)),
    "an operator's fetch": denied(lambda s: s.operator.fetch(OWN)),
    "an importer's put": denied(lambda s: s.importer.put(OWN, *factories.customers(1))),
    "an importer's delete": denied(lambda s: s.importer.delete(OWN, "c0001")),
    "an importer's look at the withheld": denied(lambda s: s.importer.withheld(OWN)),
    "a writer's new key": denied(lambda s: s.writer.new_key(key_service_pb2.ROLE_WRITER, OWN)),
    "a batch of 0": bad_batch(0),
    "a batch of 1,001": bad_batch(1001),
    "a delete of nothing": bad(lambda s: s.writer.delete(OWN), "ids"),
    "a delete of 1,001": bad(lambda s: s.writer.delete(OWN, *map(str, range(1001))), "ids"),
    "a delete of an empty id": bad(lambda s: s.writer.delete(OWN, "c0001", ""), "ids[1]"),
    "a delete of an id with a NUL": bad(lambda s: s.writer.delete(OWN, "c\0"), "ids[0]"),
    "a delete of an id of 256 bytes": bad(lambda s: s.writer.delete(OWN, "c" * 256), "ids[0]"),
    "a key without a role": bad(lambda s: s.operator.new_key(0, OWN), "role"),
    "a key without shops": bad(lambda s: s.operator.new_key(key_service_pb2.ROLE_WRITER), "shops"),
    "an importer's key without its importer": bad(
        lambda s: s.operator.new_key(key_service_pb2.ROLE_IMPORTER, OWN), "importer"
    ),
    "a writer's key with an importer": bad(
        lambda s: s.operator.new_key(key_service_pb2.ROLE_WRITER, OWN, importer="x"), "importer"
    ),
    "a revocation of an unknown key": Case(
        lambda s: s.operator.revoke("k000000000000"), "NOT_FOUND", "KEY_NOT_FOUND", "key_id"
    ),
}


def invalid_utf8() -> bytes:
    """A put of one customer whose first name is Latin-1."""
    customer = b"\x1a\x03\xe9\xe8\xe0"
    record = b"\x0a" + bytes([len(customer)]) + customer
    shop = OWN.encode()
    return b"\x0a%c%b\x10\x01\x1a%c%b" % (len(shop), shop, len(record), record)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_call_is_refused_with_code_reason_and_sentence(stage: Stage, name: str) -> None:
    case = CASES[name]

    refused = worlds.refusal(lambda: case.call(stage))

    assert refused[:3] == (case.code, case.reason, case.field), refused
    assert 15 < len(refused.message) < 300, refused
    assert " " in refused.message
    assert refused.message.endswith((".", '"}.'))


def test_an_unknown_and_a_foreign_shop_are_refused_alike(stage: Stage) -> None:
    unknown = worlds.refusal(lambda: stage.importer.fetch("unknown.example"))
    foreign = worlds.refusal(lambda: stage.importer.fetch(FOREIGN))

    assert unknown == foreign


def test_a_bad_batch_stores_nothing(stage: Stage) -> None:
    before = stage.operator.export(OWN)

    worlds.refusal(lambda: stage.writer.put(OWN, *factories.customers(1001, first_name="New")))
    worlds.refusal(lambda: stage.writer.raw("RecordService/PutRecords", invalid_utf8()))

    assert stage.operator.export(OWN) == before


def test_a_message_past_the_limit_is_refused_and_the_core_goes_on(stage: Stage) -> None:
    refused = worlds.refusal(
        lambda: stage.importer.raw("FeedService/FetchPage", b"\x0a" + b"\x00" * (81 * 1024 * 1024))
    )

    assert refused.code == "RESOURCE_EXHAUSTED"
    assert stage.importer.fetch(OWN).records


def test_an_unknown_method_is_unimplemented(stage: Stage) -> None:
    assert worlds.refusal(lambda: stage.importer.raw("FeedService/Rewind", b"")).code == (
        grpc.StatusCode.UNIMPLEMENTED.name
    )
