"""The request's body, always read to its end."""

from __future__ import annotations

import flask
from werkzeug import exceptions

from pullfeed_facade import errors

CHUNK_BYTES = 1024 * 1024
# A client that sends before it listens sees a broken connection instead of the answer unless its
# body is taken off the wire; beyond this it is not worth the time.
DRAIN_BYTES = 128 * 1024 * 1024


def read(request: flask.Request, max_bytes: int) -> bytes:
    """The whole body, kept by the request for later calls of get_data().

    Raises Refusal REQUEST_TOO_LARGE after the rest was thrown away.
    """
    # werkzeug cuts a body without Content-Length at its limit in silence; one byte more shows it.
    request.max_content_length = max_bytes + 1
    try:
        data = request.get_data()
    except exceptions.RequestEntityTooLarge:
        data = None
    if data is None or len(data) > max_bytes:
        _drain(request)
        raise errors.too_large(max_bytes)
    return data


def _drain(request: flask.Request) -> None:
    # This client waits for leave to send and has sent nothing yet.
    if "100-continue" in request.headers.get("Expect", "").lower():
        return
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or DRAIN_BYTES, DRAIN_BYTES)
    while left and (chunk := stream.read(min(left, CHUNK_BYTES))):
        left -= len(chunk)
