"""A core of another version, in place of the one that is tested."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from google.protobuf import message

from pullfeed_server import encoding, feed
from pullfeed_server.encoding import contract, normal, rules, tombstone

Refuses = Callable[[message.Message], bool]
Normalises = Callable[[message.Message], None]


class Versions:
    """What differs between versions of the core."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._record, self._tombstone = contract.to_json, tombstone.to_json
        self._violations, self._normalise = rules.violations, normal.normalise

    def writes(self, version: int) -> None:
        """From now on JSON is of this version, and from 2 on says so."""
        self._patch.setattr(encoding, "VERSION", version)
        self._patch.setattr(
            contract, "to_json", lambda record: _marked(version, self._record(record))
        )
        self._patch.setattr(
            tombstone, "to_json", lambda *told: _marked(version, self._tombstone(*told))
        )

    def judges(
        self,
        version: int,
        refuses: Refuses = lambda _: False,
        normalises: Normalises = lambda _: None,
    ) -> None:
        """From now on rules are of this version. refuses: what, beside the usual, is not good."""

        def violations(
            record: message.Message, doubts: list[normal.Doubt]
        ) -> list[rules.Violation]:
            more = [rules.Violation("email", "BAD_EMAIL")] if refuses(record) else []
            return [*self._violations(record, doubts), *more]

        def normalise(
            record: message.Message, currency: str = "", path: str = ""
        ) -> list[normal.Doubt]:
            normalises(record)
            return self._normalise(record, currency, path)

        self._patch.setattr(encoding, "RULES", version)
        self._patch.setattr(rules, "violations", violations)
        self._patch.setattr(normal, "normalise", normalise)


def of(page: feed.Page) -> list[int]:
    """The version that each row on a page of JSON is written in."""
    found = orjson.loads(b"[%b]" % b",".join(page.bodies))
    return [row.get("version", 1) for row in found]


def _marked(version: int, json: bytes) -> bytes:
    return json if version == 1 else b'{"version":%d,%b' % (version, json[1:])
