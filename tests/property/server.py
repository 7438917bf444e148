"""The importers' server: takes notices, refuses them, or takes them and is not heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson

from pullfeed_server import calls

URL = "https://importer.example/commit"
TAKEN = calls.Outcome(is_success=True, text="HTTP 204")
REFUSED = calls.Outcome(is_success=False, text="HTTP 500")
UNHEARD = calls.Outcome(is_success=False, text="TIMEOUT")


class Call(NamedTuple):
    """One call of a notice. key: its Idempotency-Key. importer: as its X-Api-Key says."""

    key: str
    importer: str
    said: dict[str, Any]
    body: bytes

    @property
    def request(self) -> int:
        """Number of the request that the notice's page was first served to."""
        return int(self.said["request_id"])


Answer: TypeAlias = Callable[[Call], calls.Outcome]


class Server(calls.Calls):
    """One for all shops: each answers its calls itself."""

    def __init__(self) -> None:
        super().__init__(10)
        self.answers: dict[str, Answer] = {}

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> calls.Outcome:
        call = Call(headers["Idempotency-Key"], headers["X-Api-Key"], orjson.loads(body), body)
        answer = self.answers.get(call.said["shop"])
        # Of a case that failed: nobody waits for it.
        return TAKEN if answer is None else answer(call)
