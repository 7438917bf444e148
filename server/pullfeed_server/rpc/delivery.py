"""DeliveryService: what was delivered to whom, and what mends it."""

from __future__ import annotations

from pullfeed.v1 import delivery_service_pb2 as pb
from pullfeed_server import policy

SERVICE = pb.DESCRIPTOR.services_by_name["DeliveryService"]


def methods() -> dict[str, policy.Method]:
    """The service's methods by full name."""
    return {}
