"""A core of the next version, run by its path: its JSON says so, and it takes no odd number."""

from __future__ import annotations

from google.protobuf import message

from pullfeed_server import __main__ as program
from pullfeed_server import encoding, renewal
from pullfeed_server.encoding import contract, normal, rules

_to_json, _violations = contract.to_json, rules.violations


def _said(record: message.Message) -> bytes:
    return b'{"version":2,' + _to_json(record)[1:]


def _stricter(record: message.Message, doubts: list[normal.Doubt]) -> list[rules.Violation]:
    found = _violations(record, doubts)
    is_odd = str(getattr(record, "customer_id", "0"))[-1] in "13579"
    return [*found, rules.Violation("customer_id", "ODD")] if is_odd else found


if __name__ == "__main__":
    encoding.VERSION = encoding.RULES = 2
    contract.to_json, rules.violations = _said, _stricter
    # Many batches, so that a kill falls between two of them, or into one.
    renewal.BATCH = 10
    program.main()
