"""The contract's own example: its request gives its answer, byte for byte but for the cursor."""

from __future__ import annotations

import orjson
import pytest
from tests import factories
from tests.integration import world as worlds

# The contract prints consent as YES, against its own rule; the rule wins.
EXAMPLE = b"""
{"status":"success","message":"",
 "meta":{"has_next_page":true,"cursor":"abc123","page":1,"page_size":50},
 "data":[{"customer_id":"123","email":"john@example.com","first_name":"John","last_name":"Doe",
          "mobile":"+1234567890","language":"en","consent":"Yes","gender":"Male",
          "last_modified_date":"2024-12-01T10:30:00Z"}]}
"""
JOHN = factories.record(
    factories.customer(
        customer_id="123",
        email="john@example.com",
        first_name="John",
        last_name="Doe",
        mobile="+1234567890",
        language="en",
        consent="YES",
        gender="Male",
        last_modified_date="2024-12-01T10:30:00Z",
    )
)


@pytest.fixture
def filled(world: worlds.World, shop: str) -> None:
    """John is the first of 51, so that page 1 of 50 has a next one."""
    world.writer.put(shop, JOHN, *factories.customers(50))


@pytest.mark.usefixtures("filled")
def test_the_contracts_request_gives_the_contracts_answer(importer: worlds.Importer) -> None:
    answer = importer.post("/customers", page=1, page_size=50)

    envelope = orjson.loads(answer.data)
    cursor = envelope["meta"]["cursor"]
    expected = orjson.loads(EXAMPLE)
    expected["meta"]["cursor"] = cursor
    envelope["data"] = envelope["data"][:1]
    # As text, so that keys stand in the contract's order.
    assert orjson.dumps(envelope) == orjson.dumps(expected)
    assert answer.data.startswith(orjson.dumps(expected)[:-2])


@pytest.mark.usefixtures("filled")
def test_the_answer_is_json_in_utf_8_of_a_known_length(importer: worlds.Importer) -> None:
    answer = importer.post("/customers", page=1, page_size=50)

    assert answer.content_type == "application/json"
    assert answer.content_length == len(answer.data)
    assert answer.data.decode("utf-8").isprintable()


@pytest.mark.usefixtures("filled")
def test_the_contracts_cursor_request_gives_the_next_page(importer: worlds.Importer) -> None:
    cursor = importer.page(page=1, page_size=50)["meta"]["cursor"]

    answer = importer.post("/customers", cursor=cursor)

    envelope = orjson.loads(answer.data)
    assert envelope["meta"] == {
        "has_next_page": False,
        "cursor": None,
        "page": 2,
        "page_size": 50,
    }
    assert worlds.ids(envelope["data"]) == ["c0050"]


@pytest.mark.usefixtures("filled")
def test_a_cursor_is_made_of_characters_a_url_holds_as_they_are(
    importer: worlds.Importer,
) -> None:
    cursor: str = importer.page(page=1, page_size=50)["meta"]["cursor"]

    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_an_empty_feed_is_the_envelope_of_an_empty_last_page(
    world: worlds.World, shop: str, importer: worlds.Importer
) -> None:
    world.writer.put(shop, *factories.customers(1))

    answer = importer.post("/orders")

    assert answer.data == (
        b'{"status":"success","message":"","meta":{"has_next_page":false,"cursor":null,'
        b'"page":1,"page_size":50},"data":[]}'
    )
