# The part of grpcio-testing our tests use; it publishes no types of its own.
from abc import ABCMeta
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import grpc
from google._upb import _message
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

# Generated modules carry the one, the published stubs of health the other.
_Method: TypeAlias = MethodDescriptor | _message.MethodDescriptor
_Service: TypeAlias = ServiceDescriptor | _message.ServiceDescriptor
_Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

class Time: ...

class UnaryUnaryChannelRpc:
    def send_initial_metadata(self, initial_metadata: _Metadata) -> None: ...
    def cancelled(self) -> None: ...
    def terminate(
        self,
        response: Message | None,
        trailing_metadata: _Metadata | None,
        code: grpc.StatusCode,
        details: str,
    ) -> None: ...

class UnaryStreamChannelRpc:
    def send_initial_metadata(self, initial_metadata: _Metadata) -> None: ...
    def send_response(self, response: Message) -> None: ...
    def cancelled(self) -> None: ...
    def terminate(
        self, trailing_metadata: _Metadata | None, code: grpc.StatusCode, details: str
    ) -> None: ...

class Channel(grpc.Channel, metaclass=ABCMeta):
    # The request is of the method's own type, which a descriptor does not tell a type checker.
    def take_unary_unary(
        self, method_descriptor: _Method
    ) -> tuple[_Metadata, Any, UnaryUnaryChannelRpc]: ...
    def take_unary_stream(
        self, method_descriptor: _Method
    ) -> tuple[_Metadata, Any, UnaryStreamChannelRpc]: ...

def strict_real_time() -> Time: ...
def strict_fake_time(now: float) -> Time: ...
def channel(service_descriptors: Iterable[_Service], time: Time) -> Channel: ...
