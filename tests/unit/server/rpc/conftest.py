from __future__ import annotations

import pathlib
from typing import Any, TypeVar

import pytest
from google.protobuf import message
from google.rpc import error_details_pb2
from tests.clock import Clock

from pullfeed_server import (
    app,
    deliveries,
    erasures,
    holds,
    journal,
    keys,
    policy,
    recorder,
    tokens,
)
from pullfeed_server.rpc import streams
from pullfeed_server.store import Store

Response = TypeVar("Response", bound=message.Message)


class Core:
    """Every service behind its guard, called as the wire does, without a wire."""

    def __init__(self, store: Store, folder: pathlib.Path) -> None:
        known = keys.Keys(store)
        signed = tokens.Tokens([b"a secret of the test, 32 bytes.."])
        self.exports = streams.Slots(1)
        written = recorder.Recorder(store)
        told = deliveries.Deliveries(store, written.flush, silent_after_hours=24, retention_days=30)
        delivered = app.Delivered(written, told)
        erasing = erasures.Erasures(store, journal.Journal(folder / "erasures.jsonl"))
        held = holds.Holds(store, days=7)
        self.methods = app._methods(store, signed, known, erasing, self.exports, held, delivered)
        self.guard = policy.Policy(self.methods, known)
        self.keys = {
            "importer": known.create("importer", "mail", ["*"]).text,
            "writer": known.create("writer", "", ["*"]).text,
            "operator": known.create("operator", "", ["*"]).text,
        }

    def call(self, role: str, method: str, request: message.Message) -> Any:
        """The response to a key of this role. method: "FeedService/FetchPage"."""
        return self.guard.run(
            f"/pullfeed.v1.{method}", request.SerializeToString(), self.metadata(role)
        )

    def stream(self, role: str, method: str, request: message.Message) -> list[Any]:
        """All responses of a streaming call."""
        name = f"/pullfeed.v1.{method}"
        return list(self.guard.stream(name, request.SerializeToString(), self.metadata(role)))

    def refusal(self, role: str, method: str, request: message.Message) -> tuple[str, str]:
        """Reason and field of a call that must be refused."""
        with pytest.raises(policy.Refused) as refused:
            self.call(role, method, request)
        info = error_details_pb2.ErrorInfo()
        assert refused.value.status.details[0].Unpack(info)
        return info.reason, info.metadata.get("field", "")

    def metadata(self, role: str) -> dict[str, str]:
        """What a call with a key of this role comes with."""
        return {"x-api-key": self.keys[role]}


@pytest.fixture
def core(store: Store, clock: Clock, tmp_path: pathlib.Path) -> Core:
    """A core on an empty store, in which time stands still."""
    return Core(store, tmp_path)
