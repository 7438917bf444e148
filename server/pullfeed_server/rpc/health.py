"""The core's health: it serves while its database answers."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health, health_pb2

from pullfeed_server import errors
from pullfeed_server.store import Store

NAME = health.SERVICE_NAME


class Health(health.HealthServicer):
    """Serves grpc.health.v1.Health. `Watch` tells of the core's start and end alone."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def Check(  # noqa: N802 - the method's name on the wire
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """What `set` said, but NOT_SERVING while the database does not answer."""
        found = super().Check(request, context)
        serving = health_pb2.HealthCheckResponse.SERVING
        if found.status == serving and not self._database_answers():
            found.status = health_pb2.HealthCheckResponse.NOT_SERVING
        return found

    def _database_answers(self) -> bool:
        try:
            self._store.read(lambda tx: tx.feeds.epoch())
        except errors.StoreUnavailable:
            return False
        return True
