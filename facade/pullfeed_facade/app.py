"""The Flask application, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import grpc
from werkzeug import routing
from werkzeug.exceptions import HTTPException

from pullfeed_facade import body, errors, feed, health, trace
from pullfeed_facade.caller import Caller
from pullfeed_facade.core import Core
from pullfeed_facade.settings import Settings


class Facade(flask.Flask):
    """Flask, for views and hooks that are plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # Flask would find out at every call of each whether it is a coroutine.
        return func

    def create_url_adapter(self, request: flask.Request | None) -> routing.MapAdapter | None:
        # Flask would take the host apart, twice; no path depends on it.
        if request is None:
            return None
        return routing.MapAdapter(
            self.url_map, "", "/", None, request.scheme, request.path, request.method
        )


def create_app(settings: Settings, core: Core) -> flask.Flask:
    """The facade's WSGI application, in front of this core."""
    # A path means POST or it means GET, and nothing else: no redirects, no answers to OPTIONS.
    app = Facade(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["scope"] = feed.ScopeConverter
    _add_hooks(app, settings.max_body_bytes)
    _add_error_handlers(app)
    app.register_blueprint(feed.blueprint(Caller(core)), url_prefix=settings.url_prefix or None)
    app.register_blueprint(health.blueprint(core))
    return app


def _add_hooks(app: flask.Flask, max_body_bytes: int) -> None:
    app.before_request(trace.begin)

    @app.before_request
    def read_body() -> None:
        # Also where no route wants it: a body left on the wire breaks kept-alive connections.
        body.read(flask.request, max_body_bytes)

    app.after_request(trace.end)


def _add_error_handlers(app: flask.Flask) -> None:
    @app.errorhandler(errors.Refusal)
    def refused(refusal: errors.Refusal) -> flask.Response:
        traced = trace.current()
        traced.reason, traced.detail = refusal.reason, refusal.detail or None
        return errors.response(refusal)

    @app.errorhandler(grpc.RpcError)
    def failed(error: grpc.RpcError) -> flask.Response:
        return refused(errors.from_rpc(error))

    @app.errorhandler(HTTPException)
    def unserved(error: HTTPException) -> flask.Response:
        return refused(errors.from_http(error))
