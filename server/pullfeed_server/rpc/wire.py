"""The wire: one generic handler for every method of every service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf import descriptor, message
from google.rpc import status_pb2
from grpc_status import rpc_status

from pullfeed_server import policy
from pullfeed_server.rpc import streams

# 1,000 records of 64 KiB, and room around them.
MAX_MESSAGE_BYTES = 80 * 1024 * 1024
MESSAGE_LIMITS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)


def method_name(service: descriptor.ServiceDescriptor, method: str) -> str:
    """The full name a call comes with."""
    return f"/{service.full_name}/{method}"


def handlers(service: descriptor.ServiceDescriptor, guard: policy.Policy) -> grpc.GenericRpcHandler:
    """Serves a service's methods through the guard.

    Requests stay bytes until the guard reads them, so that bytes which are no
    message get a reason like any other bad request.
    """
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {
            method.name: _handler(method_name(service, method.name), method, guard)
            for method in service.methods
        },
    )


def _handler(
    name: str, method: descriptor.MethodDescriptor, guard: policy.Policy
) -> grpc.RpcMethodHandler[bytes, message.Message]:
    def unary(request: bytes, context: grpc.ServicerContext) -> Any:
        try:
            return guard.run(name, request, _metadata(context))
        except policy.Refused as refused:
            abort(context, refused.status)

    def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            with streams.lifetime(context, streams.EXPORT_S):
                yield from guard.stream(name, request, _metadata(context))
        except policy.Refused as refused:
            abort(context, refused.status)

    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(stream, None, serialize)
    return grpc.unary_unary_rpc_method_handler(unary, None, serialize)


def serialize(response: message.Message) -> bytes:
    """A response as it goes over the wire."""
    return response.SerializeToString()


def _metadata(context: grpc.ServicerContext) -> Mapping[str, str]:
    return {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}


def abort(context: grpc.ServicerContext, status: status_pb2.Status) -> NoReturn:
    """Ends a call with this status."""
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status raises")
