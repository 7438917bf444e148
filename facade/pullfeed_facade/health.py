"""For load balancers: does the facade live, and can it serve."""

from __future__ import annotations

import flask
import grpc

from pullfeed_facade import errors
from pullfeed_facade.core import Core

OK = b'{"status":"success","message":""}'


def blueprint(core: Core) -> flask.Blueprint:
    health = flask.Blueprint("health", __name__)

    @health.get("/healthz")
    def live() -> flask.Response:
        return flask.Response(OK, content_type="application/json")

    @health.get("/readyz")
    def ready() -> flask.Response:
        """200 while the core says that it serves, else 503."""
        try:
            serves = core.is_serving()
        except grpc.RpcError as error:
            raise errors.unavailable(error.details() or "") from error
        if not serves:
            raise errors.unavailable("the core does not serve yet")
        return flask.Response(OK, content_type="application/json")

    return health
