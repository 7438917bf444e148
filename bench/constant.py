"""The ceiling: Flask and the WSGI server alone, answering a page they had before."""

from __future__ import annotations

import os
import pathlib

import flask
import orjson

PAGES = "BENCH_CONSTANT_PAGES"


def create_app() -> flask.Flask:
    """An application that reads a request and answers the page of its size."""
    app = flask.Flask(__name__)
    folder = pathlib.Path(os.environ[PAGES])
    pages = {int(path.stem): path.read_bytes() for path in folder.glob("*.json")}

    @app.post("/customers")
    def page() -> flask.Response:
        orjson.loads(flask.request.get_data())
        size = flask.request.args.get("page_size", 50, type=int)
        return flask.Response(pages[size], content_type="application/json")

    return app
