from __future__ import annotations

from collections.abc import Iterator

import pytest

from pullfeed.v1 import error_reason_pb2
from pullfeed_server import errors

# What each refusal of the core is called on the wire.
_REFUSALS = {
    "RequestUnreadable": ("INVALID_ARGUMENT", "REQUEST_UNREADABLE", ""),
    "FieldInvalid": ("INVALID_ARGUMENT", "FIELD_INVALID", ""),
    "ShopInvalid": ("INVALID_ARGUMENT", "SHOP_INVALID", "shop"),
    "BatchSize": ("INVALID_ARGUMENT", "BATCH_SIZE", "records"),
    "CursorInvalid": ("INVALID_ARGUMENT", "CURSOR_INVALID", "cursor"),
    "CursorForeign": ("INVALID_ARGUMENT", "CURSOR_FOREIGN", "cursor"),
    "CursorExpired": ("INVALID_ARGUMENT", "CURSOR_EXPIRED", "cursor"),
    "TokenInvalid": ("INVALID_ARGUMENT", "TOKEN_INVALID", "commit_token"),
    "TokenForeign": ("INVALID_ARGUMENT", "TOKEN_FOREIGN", "commit_token"),
    "TokenExpired": ("INVALID_ARGUMENT", "TOKEN_EXPIRED", "commit_token"),
    "PageNotReached": ("INVALID_ARGUMENT", "PAGE_NOT_REACHED", "page"),
    "PageNotServed": ("INVALID_ARGUMENT", "PAGE_NOT_SERVED", "page"),
    "WalkExpired": ("INVALID_ARGUMENT", "WALK_EXPIRED", "page"),
    "CommitAhead": ("INVALID_ARGUMENT", "COMMIT_AHEAD", "commit_token"),
    "Rewound": ("INVALID_ARGUMENT", "REWOUND", ""),
    "ResyncRequired": ("FAILED_PRECONDITION", "RESYNC_REQUIRED", ""),
    "KeyMissing": ("UNAUTHENTICATED", "KEY_MISSING", ""),
    "KeyInvalid": ("UNAUTHENTICATED", "KEY_INVALID", ""),
    "RoleDenied": ("PERMISSION_DENIED", "ROLE_DENIED", ""),
    "ShopNotFound": ("NOT_FOUND", "SHOP_NOT_FOUND", "shop"),
    "KeyNotFound": ("NOT_FOUND", "KEY_NOT_FOUND", "key_id"),
    "ImporterNotFound": ("NOT_FOUND", "IMPORTER_NOT_FOUND", "importer"),
    "NoticeNotFound": ("NOT_FOUND", "NOTICE_NOT_FOUND", "notice"),
    "LossNotAccepted": ("FAILED_PRECONDITION", "LOSS_NOT_ACCEPTED", "accept_loss"),
    "KeyLimit": ("FAILED_PRECONDITION", "KEY_LIMIT", ""),
    "LastOperatorKey": ("FAILED_PRECONDITION", "LAST_OPERATOR_KEY", ""),
    "StoreUnavailable": ("UNAVAILABLE", "UNAVAILABLE", ""),
    "RulesUnknown": ("UNAVAILABLE", "RULES_UNKNOWN", ""),
    "ShopMoved": ("UNAVAILABLE", "SHOP_MOVED", ""),
    "StorageFull": ("RESOURCE_EXHAUSTED", "STORAGE_FULL", ""),
    "Busy": ("RESOURCE_EXHAUSTED", "BUSY", ""),
    "RequestTooLarge": ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", ""),
    "Internal": ("INTERNAL", "INTERNAL", ""),
}
# What only HTTP can refuse.
_OF_THE_FACADE = {"PATH_NOT_FOUND", "METHOD_NOT_ALLOWED", "DEADLINE"}
# Never sent: a base class, and what ends the process before there is a call.
_NOT_OF_A_CALL = {"BadRequest", "Unusable", "DatabaseAway"}


def _classes(base: type[errors.PullfeedError]) -> Iterator[type[errors.PullfeedError]]:
    for found in base.__subclasses__():
        yield found
        yield from _classes(found)


def test_every_refusal_stands_in_the_table() -> None:
    found = {one.__name__ for one in _classes(errors.PullfeedError)}
    assert found == set(_REFUSALS) | _NOT_OF_A_CALL


@pytest.mark.parametrize("name", _REFUSALS)
def test_a_refusal_has_its_code_its_reason_and_its_field(name: str) -> None:
    error = getattr(errors, name)()
    assert (error.code, error.reason, error.field) == _REFUSALS[name]


def test_every_reason_of_the_enum_is_one_refusals() -> None:
    values = error_reason_pb2.ErrorReason.keys()
    reasons = [value.removeprefix("ERROR_REASON_") for value in values]
    sent = [reason for _, reason, _ in _REFUSALS.values()]
    assert sorted([*sent, *_OF_THE_FACADE, "UNSPECIFIED"]) == sorted(reasons)


@pytest.mark.parametrize("name", _REFUSALS)
def test_a_refusal_speaks_a_sentence_of_one_line(name: str) -> None:
    message = getattr(errors, name)().message
    assert message
    assert message.endswith(".")
    assert "\n" not in message
    assert "  " not in message


def test_a_better_sentence_and_field_replace_the_usual_ones() -> None:
    error = errors.FieldInvalid("page_size is too big.", field="page_size")
    assert (error.message, error.field, str(error)) == (
        "page_size is too big.",
        "page_size",
        "page_size is too big.",
    )


def test_metadata_is_carried_along() -> None:
    assert errors.RoleDenied(role="writer").metadata == {"role": "writer"}
