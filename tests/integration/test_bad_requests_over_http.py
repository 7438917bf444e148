"""Every bad request gets its status, a reason, a sentence, and never a page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import pytest
from tests import factories
from tests.integration import world as worlds
from werkzeug.test import TestResponse

from pullfeed.v1 import key_service_pb2

OWN, OTHER, FOREIGN = "own.example", "other.example", "foreign.example"
GOOD = orjson.dumps({"shop": OWN})


class Stage(NamedTuple):
    """A filled shop, an importer of it, and what can be given at the wrong place."""

    world: worlds.World
    importer: worlds.Importer
    keys: dict[str, str]
    given: dict[str, str]


class Case(NamedTuple):
    """A request and what must be said of it. A query value "@name" is one of Stage.given."""

    status: int
    code: str
    reason: str
    field: str | None = None
    path: str = "/customers"
    query: Mapping[str, str] = MappingProxyType({})
    body: bytes = GOOD
    key: str = "own"


def shop(value: object) -> bytes:
    return orjson.dumps({"shop": value})


@pytest.fixture(scope="module")
def stage(world: worlds.World) -> Stage:
    for name in (OWN, OTHER, FOREIGN):
        world.writer.put(name, *factories.customers(3))
    importer = worlds.Importer(world.client, world.importer_key("staged", OWN, OTHER), OWN)
    return Stage(world, importer, _keys(world, importer.key), _given(world, importer))


def _keys(world: worlds.World, own: str) -> dict[str, str]:
    writer = world.operator.new_key(key_service_pb2.ROLE_WRITER, OWN)
    revoked = world.operator.new_key(key_service_pb2.ROLE_WRITER, OWN)
    world.operator.revoke(revoked.key.key_id)
    return {
        "own": own,
        "none": "",
        "no key": "secret",
        "wrong secret": f"{own[:-1]}{'A' if own[-1] != 'A' else 'B'}",
        "unknown": f"pf_k{'0' * 12}_{'a' * 43}",
        "revoked": revoked.secret,
        "writer": writer.secret,
        "operator": (world.folder / "operator.key").read_text().strip(),
        "not ASCII": "pf_schlüssel",
        "10 KB": "k" * 10_000,
    }


def _given(world: worlds.World, importer: worlds.Importer) -> dict[str, str]:
    elsewhere = worlds.Importer(world.client, importer.key, OTHER)
    someone = world.importer("someone", OWN)
    cursor = importer.page(page_size=1)["meta"]["cursor"]
    token = importer.post("/customers", page_size=1).headers["X-Commit-Token"]
    return {
        "cursor": cursor,
        "token": token,
        "cut cursor": cursor[:-1],
        "flipped cursor": _flipped(cursor),
        "cut token": token[:-4],
        "flipped token": _flipped(token),
        "cursor of another shop": elsewhere.page(page_size=1)["meta"]["cursor"],
        "cursor of another importer": someone.page(page_size=1)["meta"]["cursor"],
        "token of another shop": elsewhere.post("/customers").headers["X-Commit-Token"],
        "token of another importer": someone.post("/customers").headers["X-Commit-Token"],
    }


def _flipped(text: str) -> str:
    """The same with one character in its middle changed."""
    middle = len(text) // 2
    return f"{text[:middle]}{'A' if text[middle] != 'A' else 'B'}{text[middle + 1 :]}"


def invalid(field: str, **query: str) -> Case:
    return Case(400, "INVALID_ARGUMENT", "FIELD_INVALID", field, query=query)


def bad_shop(body: bytes) -> Case:
    return Case(400, "INVALID_ARGUMENT", "SHOP_INVALID", "shop", body=body)


def unreadable(body: bytes) -> Case:
    return Case(400, "INVALID_ARGUMENT", "REQUEST_UNREADABLE", body=body)


def bad_cursor(reason: str, cursor: str, path: str = "/customers") -> Case:
    return Case(400, "INVALID_ARGUMENT", reason, "cursor", path, {"cursor": cursor})


def bad_token(reason: str, token: str, path: str = "/customers/commit") -> Case:
    return Case(400, "INVALID_ARGUMENT", reason, "commit_token", path, {"commit_token": token})


def bad_page(reason: str, path: str = "/customers", **query: str) -> Case:
    return Case(400, "INVALID_ARGUMENT", reason, "page", path, query)


def bad_key(reason: str, key: str) -> Case:
    return Case(401, "UNAUTHENTICATED", reason, key=key)


def no_path(path: str) -> Case:
    return Case(404, "NOT_FOUND", "PATH_NOT_FOUND", path=path)


CASES = {
    "no body": unreadable(b""),
    "a body of white space": unreadable(b"  \n"),
    "a body that is not JSON": unreadable(b"shop=own.example"),
    "a body of cut JSON": unreadable(b'{"shop":"own.exam'),
    "a body of invalid UTF-8": unreadable(b'{"shop":"own\xff.example"}'),
    "a body of half a surrogate pair": unreadable(b'{"shop":"\\ud800"}'),
    "a body of NUL bytes": unreadable(b"\0" * 64),
    "a JSON list": unreadable(b'["own.example"]'),
    "a JSON text": unreadable(b'"own.example"'),
    "JSON null": unreadable(b"null"),
    "deeply nested JSON": unreadable(b"[" * 60_000),
    "no shop": bad_shop(b"{}"),
    "a shop of another name": bad_shop(b'{"Shop":"own.example"}'),
    "a null shop": bad_shop(shop(None)),
    "a number for a shop": bad_shop(shop(7)),
    "a list for a shop": bad_shop(shop([OWN])),
    "an object for a shop": bad_shop(shop({"domain": OWN})),
    "an empty shop": bad_shop(shop("")),
    "a blank shop": bad_shop(shop(" \t ")),
    "a shop with a scheme": bad_shop(shop(f"https://{OWN}")),
    "a shop with a path": bad_shop(shop(f"{OWN}/admin")),
    "a shop with a port": bad_shop(shop(f"{OWN}:443")),
    "a shop with a NUL": bad_shop(shop("own\0.example")),
    "a shop with a line break": bad_shop(shop("own\n.example")),
    "a shop with an emoji": bad_shop(shop("🛒.example")),
    "a shop with an empty label": bad_shop(shop("own..example")),
    "a shop of 60,000 characters": bad_shop(shop("a" * 60_000)),
    "a shop that is a pattern": bad_shop(shop("%")),
    "page 0": invalid("page", page="0"),
    "page -1": invalid("page", page="-1"),
    "page abc": invalid("page", page="abc"),
    "page 1.5": invalid("page", page="1.5"),
    "page 1e3": invalid("page", page="1e3"),
    "an empty page": invalid("page", page=""),
    "a page in Arabic digits": invalid("page", page="\u0661"),
    "page 10^30": invalid("page", page=f"{10**30}"),
    "a page of 5,000 digits": invalid("page", page="9" * 5_000),
    "page 2^31": invalid("page", page=f"{2**31}"),
    "page 10^9": bad_page("PAGE_NOT_REACHED", page=f"{10**9}"),
    "a page 1,002 pages ahead": bad_page("PAGE_NOT_REACHED", page="1002", page_size="7"),
    "page_size 0": invalid("page_size", page_size="0"),
    "page_size -1": invalid("page_size", page_size="-1"),
    "page_size 1001": invalid("page_size", page_size="1001"),
    "page_size x": invalid("page_size", page_size="x"),
    "page_size 10^30": invalid("page_size", page_size=f"{10**30}"),
    "a made-up cursor": bad_cursor("CURSOR_INVALID", "abc123"),
    "a cursor that is not base64": bad_cursor("CURSOR_INVALID", "ä\0%%"),
    "a cursor of 10,000 characters": bad_cursor("CURSOR_INVALID", "A" * 10_000),
    "a cut cursor": bad_cursor("CURSOR_INVALID", "@cut cursor"),
    "a flipped cursor": bad_cursor("CURSOR_INVALID", "@flipped cursor"),
    "a commit token for a cursor": bad_cursor("CURSOR_INVALID", "@token"),
    "a cursor of another shop": bad_cursor("CURSOR_FOREIGN", "@cursor of another shop"),
    "a cursor of another scope": bad_cursor("CURSOR_FOREIGN", "@cursor", "/orders"),
    "a cursor of another importer": bad_cursor("CURSOR_FOREIGN", "@cursor of another importer"),
    "a commit of nothing": Case(
        400, "INVALID_ARGUMENT", "FIELD_INVALID", "commit_token", "/customers/commit"
    ),
    "a made-up commit token": bad_token("TOKEN_INVALID", "abc123"),
    "a cut commit token": bad_token("TOKEN_INVALID", "@cut token"),
    "a flipped commit token": bad_token("TOKEN_INVALID", "@flipped token"),
    "a cursor for a commit token": bad_token("TOKEN_INVALID", "@cursor"),
    "a token of another shop": bad_token("TOKEN_FOREIGN", "@token of another shop"),
    "a token of another scope": bad_token("TOKEN_FOREIGN", "@token", "/products/commit"),
    "a token of another importer": bad_token("TOKEN_FOREIGN", "@token of another importer"),
    "a commit of a made-up cursor": bad_cursor("CURSOR_INVALID", "abc", "/customers/commit"),
    "a commit of a foreign cursor": bad_cursor("CURSOR_FOREIGN", "@cursor", "/orders/commit"),
    "a commit of a page never served": bad_page(
        "PAGE_NOT_SERVED", "/customers/commit", page="9", page_size="1"
    ),
    "a commit of a page_size never asked": bad_page(
        "PAGE_NOT_SERVED", "/customers/commit", page="1", page_size="999"
    ),
    "a commit of page 0": Case(
        400, "INVALID_ARGUMENT", "FIELD_INVALID", "page", "/customers/commit", {"page": "0"}
    ),
    "an unknown shop": Case(
        404, "NOT_FOUND", "SHOP_NOT_FOUND", "shop", body=shop("unknown.example")
    ),
    "a foreign shop": Case(404, "NOT_FOUND", "SHOP_NOT_FOUND", "shop", body=shop(FOREIGN)),
    "a commit in a foreign shop": Case(
        404,
        "NOT_FOUND",
        "SHOP_NOT_FOUND",
        "shop",
        "/customers/commit",
        {"page": "1"},
        shop(FOREIGN),
    ),
    "an unknown scope": no_path("/coupons"),
    "no scope": no_path("/"),
    "a scope in upper case": no_path("/CUSTOMERS"),
    "a path below a scope": no_path("/customers/1"),
    "a path out of the tree": no_path("/customers/../../etc/passwd"),
    "a path with a NUL": no_path("/customers%00"),
    "a body too large": Case(
        413, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", body=shop("a" * 65_536)
    ),
    "a body of 50 MB": Case(
        413, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", body=b'{"shop":"%b"}' % (b"a" * 50_000_000)
    ),
    "a body too large at no scope": Case(
        413, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", path="/coupons", body=b"a" * 65_537
    ),
    "no key": bad_key("KEY_MISSING", "none"),
    "no key of ours": bad_key("KEY_INVALID", "no key"),
    "a wrong secret": bad_key("KEY_INVALID", "wrong secret"),
    "an unknown key": bad_key("KEY_INVALID", "unknown"),
    "a revoked key": bad_key("KEY_INVALID", "revoked"),
    "a key that is not ASCII": bad_key("KEY_INVALID", "not ASCII"),
    "a key of 10 KB": bad_key("KEY_INVALID", "10 KB"),
    "a writer's key on a feed": Case(403, "PERMISSION_DENIED", "ROLE_DENIED", key="writer"),
    "an operator's key on a feed": Case(403, "PERMISSION_DENIED", "ROLE_DENIED", key="operator"),
    "a writer's key on a commit": Case(
        403,
        "PERMISSION_DENIED",
        "ROLE_DENIED",
        None,
        "/customers/commit",
        {"page": "1"},
        key="writer",
    ),
}


def send(stage: Stage, case: Case) -> TestResponse:
    query = {
        name: stage.given[value[1:]] if value.startswith("@") else value
        for name, value in case.query.items()
    }
    sender = worlds.Importer(stage.world.client, stage.keys[case.key], OWN)
    return sender.send(case.path, case.body, **query)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_request_is_refused_with_status_reason_and_sentence(stage: Stage, name: str) -> None:
    case = CASES[name]

    answer = send(stage, case)

    body: dict[str, Any] = answer.get_json()
    expected = {"code": case.code, "reason": case.reason}
    if case.field:
        expected["field"] = case.field
    assert (answer.status_code, body["error"]) == (case.status, expected), body
    assert set(body) == {"status", "message", "error"}
    assert body["status"] == "error"
    assert is_sentence(body["message"]), body["message"]


def is_sentence(text: str) -> bool:
    return 15 < len(text) < 300 and " " in text and text.endswith((".", '"}.'))


def test_an_unknown_and_a_foreign_shop_are_answered_alike(stage: Stage) -> None:
    answers = [send(stage, CASES[name]) for name in ("an unknown shop", "a foreign shop")]

    assert answers[0].data == answers[1].data
    assert answers[0].status == answers[1].status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_another_method_is_refused_and_told_what_is_allowed(stage: Stage, method: str) -> None:
    answer = stage.world.client.open(
        "/customers", method=method, headers=stage.importer.headers(), data=GOOD
    )

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    if method != "HEAD":
        assert answer.get_json()["error"] == {
            "code": "UNIMPLEMENTED",
            "reason": "METHOD_NOT_ALLOWED",
        }


def test_a_refusal_never_repeats_what_was_sent(stage: Stage) -> None:
    private = "john.private@example.com"

    for sent in (
        stage.importer.send("/customers", orjson.dumps({"shop": f"https://{private}"})),
        stage.importer.send(f"/{private}", GOOD),
        stage.importer.send("/customers", GOOD, cursor=private),
        stage.importer.send("/customers", GOOD, page=private),
        stage.importer.send("/customers/commit", GOOD, commit_token=private),
    ):
        assert sent.status_code in {400, 404}
        assert "private" not in sent.text


@pytest.mark.parametrize("sent", ["OWN.example", "  own.example\n", "Own.Example"])
def test_a_shop_is_trimmed_and_lower_cased(stage: Stage, sent: str) -> None:
    assert stage.importer.send("/customers", shop(sent)).status_code == 200


def test_unknown_parameters_and_members_are_ignored(stage: Stage) -> None:
    body = orjson.dumps({"shop": OWN, "token": 1, "page": -7})

    answer = stage.importer.send("/customers", body, since="yesterday", limit="none")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""]
)
def test_a_body_is_read_as_json_whatever_its_type(stage: Stage, content_type: str) -> None:
    answer = stage.world.client.post(
        "/customers", data=GOOD, content_type=content_type, headers=stage.importer.headers()
    )

    assert answer.status_code == 200
