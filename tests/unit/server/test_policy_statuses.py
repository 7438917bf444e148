"""Each refusal as a status of google.rpc: its code, reason and details."""

from __future__ import annotations

import pytest
from google.rpc import error_details_pb2
from tests.unit.server import statuses

from pullfeed_server import errors, policy

# A code of google.rpc and its number, as every caller of gRPC knows them.
_NUMBERS = {
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.CursorExpired(), "INVALID_ARGUMENT"),
        (errors.KeyMissing(), "UNAUTHENTICATED"),
        (errors.KeyInvalid(), "UNAUTHENTICATED"),
        (errors.RoleDenied(role="writer"), "PERMISSION_DENIED"),
        (errors.ShopNotFound(), "NOT_FOUND"),
        (errors.KeyNotFound(), "NOT_FOUND"),
        (errors.KeyLimit(), "FAILED_PRECONDITION"),
        (errors.LastOperatorKey(), "FAILED_PRECONDITION"),
        (errors.StoreUnavailable(), "UNAVAILABLE"),
        (errors.StorageFull(), "RESOURCE_EXHAUSTED"),
        (errors.Busy(), "RESOURCE_EXHAUSTED"),
        (errors.RequestTooLarge(), "RESOURCE_EXHAUSTED"),
        (errors.Internal(), "INTERNAL"),
    ],
)
def test_a_refusal_becomes_a_status_with_its_reason(error: errors.PullfeedError, code: str) -> None:
    status = policy.status_of(error)
    assert status.code == _NUMBERS[code]
    assert status.message == error.message
    assert statuses.reason(status) == error.reason


def test_only_what_may_be_tried_again_says_when() -> None:
    for retried, seconds in (
        (errors.StoreUnavailable(), 1),
        (errors.StorageFull(), 60),
        (errors.Busy(), 5),
    ):
        retry = statuses.detail(policy.status_of(retried), error_details_pb2.RetryInfo)
        assert retry is not None
        assert retry.retry_delay.seconds == seconds
    for error in (errors.Internal(), errors.CursorExpired()):
        assert statuses.detail(policy.status_of(error), error_details_pb2.RetryInfo) is None


def test_a_bad_field_is_named_twice_as_the_details_want_it() -> None:
    status = policy.status_of(errors.CursorInvalid())
    info = statuses.detail(status, error_details_pb2.ErrorInfo)
    broken = statuses.detail(status, error_details_pb2.BadRequest)
    assert info is not None
    assert broken is not None
    assert dict(info.metadata) == {"field": "cursor"}
    assert [(one.field, one.description) for one in broken.field_violations] == [
        ("cursor", status.message)
    ]
