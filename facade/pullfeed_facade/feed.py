"""The importer's routes: parse, call, answer."""

from __future__ import annotations

import flask
from werkzeug import routing

from pullfeed.v1 import record_pb2
from pullfeed_facade import callback, envelope
from pullfeed_facade.callback import List, Scope
from pullfeed_facade.caller import Caller

SCOPES = {
    "customer": record_pb2.SCOPE_CUSTOMER,
    "order": record_pb2.SCOPE_ORDER,
    "product": record_pb2.SCOPE_PRODUCT,
}


class ScopeConverter(routing.BaseConverter):
    """The scope a path names, in the plural or the singular."""

    regex = "customers?|orders?|products?"

    def to_python(self, value: str) -> Scope:
        return SCOPES[value.removesuffix("s")]


def blueprint(core: Caller) -> flask.Blueprint:
    feed = flask.Blueprint("feed", __name__)

    @feed.post("/<scope:scope>", defaults={"kind": record_pb2.LIST_UNSPECIFIED})
    @feed.post("/<scope:scope>/removed", defaults={"kind": record_pb2.LIST_REMOVED})
    def page(scope: Scope, kind: List) -> flask.Response:
        request = callback.page_request(scope, kind, flask.request)
        response = core.fetch_page(request)
        return envelope.page(response, core.handover_of(request, response))

    @feed.post("/<scope:scope>/commit", defaults={"kind": record_pb2.LIST_UNSPECIFIED})
    @feed.post("/<scope:scope>/removed/commit", defaults={"kind": record_pb2.LIST_REMOVED})
    def commit(scope: Scope, kind: List) -> flask.Response:
        request = callback.commit_request(scope, kind, flask.request)
        response = core.commit(request)
        return envelope.commit(response, counted=request.HasField("received"))

    return feed
