from __future__ import annotations

import socket
from typing import Any

import pytest

from pullfeed_server import addresses

_INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:a00:1::",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]
_OUTSIDE = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", _INSIDE)
def test_an_address_of_the_inside_is_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", _OUTSIDE)
def test_an_address_of_the_outside_is_public(address: str) -> None:
    assert addresses.is_public(address)


def _resolves_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    def resolved(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_what_a_name_leads_to_decides_and_not_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves_to(monkeypatch, "127.0.0.1", "::1")
    with pytest.raises(addresses.Refused):
        addresses.of("importer.example", 443, allow_private=False)
    assert addresses.of("importer.example", 443, allow_private=True) == ["127.0.0.1", "::1"]


def test_only_the_public_ones_of_many_addresses_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolves_to(monkeypatch, "10.0.0.1", "1.1.1.1", "1.1.1.1", "1.0.0.1")
    assert addresses.of("importer.example", 443, allow_private=False) == ["1.1.1.1", "1.0.0.1"]


def test_numbers_that_stand_for_an_address_are_read_as_the_system_reads_them() -> None:
    for host in ("127.0.0.1", "2130706433", "0x7f.1"):
        with pytest.raises(addresses.Refused):
            addresses.of(host, 80, allow_private=False)


@pytest.mark.parametrize("host", ["nowhere.invalid", "x" * 300, "a..example"])
def test_a_name_that_leads_nowhere_is_not_found(host: str) -> None:
    with pytest.raises(addresses.NotFound):
        addresses.of(host, 443, allow_private=True)
