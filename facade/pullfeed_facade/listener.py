"""The address HTTP is served on, taken for this facade alone."""

from __future__ import annotations

import socket
import sys
from typing import Any

from pullfeed_facade import errors
from pullfeed_facade.settings import Address


def hold(address: Address) -> socket.socket:
    """A socket bound to the address, which keeps others off it until it is closed.

    granian's workers share a port with any process that shares too, so that a
    second facade would silently take half of the requests: hence the port is
    bound alone first. Raises Unusable where it is taken or not ours to have.
    """
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _bound(*found[0])
    except OSError as error:
        raise errors.Unusable(
            f"pullfeed-facade cannot listen on {address} ({error.strerror}). Stop what is there, "
            "or set another address: PULLFEED_HTTP_LISTEN, listen in [facade], or --listen of "
            "pullfeed-facade."
        ) from error


def _bound(family: int, kind: int, protocol: int, _canonical: str, name: Any) -> socket.socket:
    held = socket.socket(family, kind, protocol)
    # Connections of an earlier run that linger on the port do not make it taken.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(name)
    except OSError:
        held.close()
        raise
    return held


def address_of(held: socket.socket) -> Address:
    """The address as numbers, with the real port."""
    host, port = held.getsockname()[:2]
    return Address(host, port)


def share_with_workers(held: socket.socket) -> None:
    """Lets own workers bind the address too, and still nobody who binds it alone."""
    if sys.platform == "linux":
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    else:
        # Elsewhere sharing must be said before binding; granian binds at once, in this process.
        held.close()
