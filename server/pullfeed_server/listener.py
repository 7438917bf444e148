"""The address gRPC is served on, taken for this core alone."""

from __future__ import annotations

import socket

import grpc

from pullfeed_server import errors


def bind(server: grpc.Server, listen: str) -> str:
    """The address the server is bound to, with its real port.

    listen: HOST:PORT, port 0 for a free one. Raises Unusable where it is no
    address, taken, or not ours to have.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise errors.Unusable(
            f"The setting listen (PULLFEED_CORE_LISTEN) is HOST:PORT, and {listen!r} is not."
        )
    try:
        # gRPC would write its own lines about a taken port before ours.
        _probe(host.strip("[]"), int(port))
        return f"{host}:{server.add_insecure_port(listen)}"
    except (OSError, OverflowError, RuntimeError) as error:
        raise errors.Unusable(
            f"The core cannot listen on {listen}, it may be taken. Stop what is there, or set "
            "another address: PULLFEED_CORE_LISTEN, listen in [core], or --listen of "
            "pullfeed-server."
        ) from error


def _probe(host: str, port: int) -> None:
    """Raises OSError unless the address can be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Connections of an earlier run that linger on the port do not make it taken.
    socket.create_server((host, port), family=family).close()
