"""A port that is taken must be refused; granian by itself would share it in silence."""

from __future__ import annotations

import socket
import sys

import pytest

from pullfeed_facade import errors, listener
from pullfeed_facade.settings import Address

ANY = Address("127.0.0.1", 0)


def worker_on(address: Address) -> socket.socket:
    """A socket bound and listening as granian's workers do it."""
    worker = socket.socket()
    worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    worker.bind(address)
    worker.listen()
    return worker


def test_port_0_becomes_a_free_one() -> None:
    with listener.hold(ANY) as held:
        host, port = listener.address_of(held)

    assert host == "127.0.0.1"
    assert port > 0


def test_own_workers_share_the_address_and_a_second_facade_is_refused() -> None:
    with listener.hold(ANY) as held:
        address = listener.address_of(held)
        listener.share_with_workers(held)

        with worker_on(address), worker_on(address), pytest.raises(errors.Unusable):
            listener.hold(address)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the address is let go for granian")
def test_the_address_is_kept_before_the_first_worker_is_up() -> None:
    with listener.hold(ANY) as held:
        address = listener.address_of(held)
        listener.share_with_workers(held)

        with pytest.raises(errors.Unusable) as caught:
            listener.hold(address)

    assert str(caught.value) == (
        f"pullfeed-facade cannot listen on {address} (Address already in use). Stop what is "
        "there, or set another address: PULLFEED_HTTP_LISTEN, listen in [facade], or --listen of "
        "pullfeed-facade."
    )


def test_an_address_just_left_can_be_had_again() -> None:
    with listener.hold(ANY) as held:
        address = listener.address_of(held)
        listener.share_with_workers(held)
        with worker_on(address) as worker:
            client = socket.create_connection(address)
            worker.accept()[0].close()  # the side that closes first leaves the port lingering
            client.close()

    listener.hold(address).close()


def test_a_host_that_is_not_ours_is_refused_with_its_name() -> None:
    with pytest.raises(errors.Unusable, match=r"cannot listen on 192\.0\.2\.1:8080"):
        listener.hold(Address("192.0.2.1", 8080))
