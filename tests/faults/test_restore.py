"""An erasure survives the end of the core and of its database."""

from __future__ import annotations

import pathlib
import shutil
import signal

from tests import factories
from tests.faults import process
from tests.integration import world as worlds

from pullfeed.v1 import record_service_pb2

SHOP = "restored.example"


def _erase(operator: worlds.Internal, *ids: str) -> None:
    request = record_service_pb2.EraseRecordsRequest(shop=SHOP, scope=worlds.CUSTOMER, ids=ids)
    operator._records.EraseRecords(request, timeout=60, metadata=operator.metadata)


def _lift(operator: worlds.Internal, *ids: str) -> None:
    request = record_service_pb2.LiftErasuresRequest(shop=SHOP, scope=worlds.CUSTOMER, ids=ids)
    operator._records.LiftErasures(request, timeout=60, metadata=operator.metadata)


def _exported(operator: worlds.Internal) -> list[str]:
    return [one for chunk in operator.export(SHOP) for one in worlds.ids(chunk.records)]


def test_an_erasure_survives_a_kill_and_a_restore(
    start: process.Start, tmp_path: pathlib.Path
) -> None:
    core = start()
    core.operator.put(SHOP, *factories.customers(4))
    core.signal(signal.SIGTERM)
    core.wait()
    copy = shutil.copy(tmp_path / "pullfeed.db", tmp_path / "copy")

    core = start()
    _erase(core.operator, "c0001", "c0002", "c0003")
    _lift(core.operator, "c0003")
    core.operator.put(SHOP, factories.customers(3)[2])
    core.kill()
    core = start()
    assert _exported(core.operator) == ["c0004", "c0003"]
    core.kill()

    for path in tmp_path.glob("pullfeed.db*"):
        path.unlink()
    shutil.move(copy, tmp_path / "pullfeed.db")
    operator = start().operator
    assert _exported(operator) == ["c0004"]
    again = factories.customers(4, last_modified_date="2030-01-01T00:00:00Z")
    answer = operator.put(SHOP, *again)
    assert [one.id for one in answer.erased] == ["c0001", "c0002"]
    assert answer.stored_count == 2
