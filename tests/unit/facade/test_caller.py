"""What each call of the core carries beside its request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

SHOP = b'{"shop":"shop.example"}'


@pytest.mark.parametrize(
    ("rpc", "path"), [("FetchPage", "/customers"), ("Commit", "/customers/commit?page=1")]
)
def test_the_key_and_the_requests_id_go_along(fake_core: Any, rpc: str, path: str) -> None:
    headers = {"X-Api-Key": "pf_k0123456789ab_made-up", "X-Request-Id": "order-7"}

    exchange = fake_core.call(rpc, path, headers=headers)

    assert exchange.metadata == {
        "x-api-key": "pf_k0123456789ab_made-up",
        "x-request-id": "order-7",
    }


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": ""}])
def test_without_a_key_none_goes_along(fake_core: Any, headers: dict[str, str]) -> None:
    exchange = fake_core.call("FetchPage", "/customers", headers=headers)

    assert set(exchange.metadata) == {"x-request-id"}


@pytest.mark.parametrize("key", ["clé", "pf\tk", "\x7f", "\x00", "k" * 257])
def test_a_key_no_call_could_carry_is_refused_at_once(alone: FlaskClient, key: str) -> None:
    environ = {"HTTP_X_API_KEY": key}

    answer = alone.post("/customers", data=SHOP, environ_overrides=environ)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="pullfeed"'
    body = json.loads(answer.data)
    assert body["error"] == {"code": "UNAUTHENTICATED", "reason": "KEY_INVALID"}
    assert key not in body["message"]
