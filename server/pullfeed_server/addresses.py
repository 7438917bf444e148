"""Addresses that a URL of an importer leads to, and which of them may be called."""

from __future__ import annotations

import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Translated to the IPv4 address in its last 32 bits. Source: RFC 6052 section 2.1.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotFound(Exception):
    """The name leads nowhere."""


class Refused(Exception):
    """The name leads to the inside of a network."""


def of(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host that may be called, as it is resolved now.

    Call one of these and never the name: it may lead elsewhere when it is
    resolved again. Raises NotFound, Refused.
    """
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound from error
    found = dict.fromkeys(str(name[0]) for *_, name in resolved)
    allowed = [text for text in found if allow_private or is_public(text)]
    if not allowed:
        raise Refused
    return allowed


def is_public(text: str) -> bool:
    """Is it an address of the open internet, whatever other address it carries."""
    return all(_is_outside(address) for address in _meant(ipaddress.ip_address(text)))


def _meant(address: Address) -> list[Address]:
    """The address, and those that a tunnel or a translator on the way would take it for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    carried: list[Address] = []
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried += address.teredo
    return [address, *carried]


def _is_outside(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
