"""The address the core listens on."""

from __future__ import annotations

import socket
from concurrent import futures

import grpc
import pytest

from pullfeed_server import errors, listener


def test_a_taken_port_is_told_with_what_sets_another() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(errors.Unusable) as told:
            listener.bind(server, address)
    assert told.value.message == (
        f"The core cannot listen on {address}, it may be taken. Stop what is there, or set "
        "another address: PULLFEED_CORE_LISTEN, listen in [core], or --listen of pullfeed-server."
    )
