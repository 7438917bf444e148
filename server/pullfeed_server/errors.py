"""What can go wrong, one class a reason.

PullfeedError
├── BadRequest            INVALID_ARGUMENT
│   ├── RequestUnreadable, FieldInvalid, ShopInvalid, BatchSize
│   ├── CursorInvalid, CursorForeign, CursorExpired
│   ├── TokenInvalid, TokenForeign, TokenExpired
│   └── PageNotReached, PageNotServed, WalkExpired, CommitAhead
├── KeyMissing, KeyInvalid                 UNAUTHENTICATED
├── RoleDenied                             PERMISSION_DENIED
├── ShopNotFound, KeyNotFound              NOT_FOUND
├── KeyLimit, LastOperatorKey              FAILED_PRECONDITION
├── StoreUnavailable, RulesUnknown, ShopMoved   UNAVAILABLE
├── StorageFull, Busy, RequestTooLarge     RESOURCE_EXHAUSTED
├── Internal                               INTERNAL
└── Unusable              not a call's: the core cannot start (exit code 3)
    └── DatabaseAway      not yet: it waits for a while

Each is raised where its cause is known and turned into a status once, in
policy. The text is the docstring unless a better one is given; it says what to
do next and never holds a value of a record.
"""

from __future__ import annotations

from typing import ClassVar


class PullfeedError(Exception):
    """Base of all refusals."""

    code: ClassVar[str] = "INTERNAL"
    reason: ClassVar[str] = "INTERNAL"
    default_field: ClassVar[str] = ""
    # Seconds after which the same call may succeed; 0 where it will not.
    retry_after_s: ClassVar[int] = 0

    def __init__(self, message: str = "", *, field: str = "", **metadata: str) -> None:
        """message: a sentence for a person. metadata: what ErrorInfo carries."""
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.field = field or self.default_field
        self.metadata = metadata
        super().__init__(self.message)


class BadRequest(PullfeedError):
    """The request cannot be served as it is."""

    code = "INVALID_ARGUMENT"
    reason = "FIELD_INVALID"


class RequestUnreadable(BadRequest):
    """The request is not the Protobuf message this method takes."""

    reason = "REQUEST_UNREADABLE"


class FieldInvalid(BadRequest):
    """A field of the request breaks its rule."""


class ShopInvalid(BadRequest):
    """shop must be the shop's domain alone, for example "shop.example"."""

    reason = "SHOP_INVALID"
    default_field = "shop"


class BatchSize(BadRequest):
    """A batch holds 1 to 1,000 records; send larger loads in several batches."""

    reason = "BATCH_SIZE"
    default_field = "records"


class CursorInvalid(BadRequest):
    """The cursor was cut or altered. Send it exactly as it was given."""

    reason = "CURSOR_INVALID"
    default_field = "cursor"


class CursorForeign(BadRequest):
    """The cursor was given for another importer, shop or scope. Start at page 1."""

    reason = "CURSOR_FOREIGN"
    default_field = "cursor"


class CursorExpired(BadRequest):
    """The cursor is no longer valid. Start again at page 1."""

    reason = "CURSOR_EXPIRED"
    default_field = "cursor"


class TokenInvalid(BadRequest):
    """The commit token was cut or altered. Send it exactly as it was given."""

    reason = "TOKEN_INVALID"
    default_field = "commit_token"


class TokenForeign(BadRequest):
    """The commit token was given for another importer, shop or scope."""

    reason = "TOKEN_FOREIGN"
    default_field = "commit_token"


class TokenExpired(BadRequest):
    """The commit token is no longer valid. Walk again and commit the new pages."""

    reason = "TOKEN_EXPIRED"
    default_field = "commit_token"


class PageNotReached(BadRequest):
    """The page lies more than 1,000 pages past what was asked. Ask for the pages in order."""

    reason = "PAGE_NOT_REACHED"
    default_field = "page"


class PageNotServed(BadRequest):
    """That page was never handed out with that page_size, so it cannot be committed."""

    reason = "PAGE_NOT_SERVED"
    default_field = "page"


class WalkExpired(BadRequest):
    """The walk was left alone for seven days, or the database was restored. Begin at page 1."""

    reason = "WALK_EXPIRED"
    default_field = "page"


class CommitAhead(BadRequest):
    """The commit lies past the last change of the feed. Walk again and commit the new pages."""

    reason = "COMMIT_AHEAD"
    default_field = "commit_token"


class Rewound(BadRequest):
    """The importer was rewound since. Start again at page 1."""

    reason = "REWOUND"


class ResyncRequired(PullfeedError):
    """Removals this importer had not confirmed are no longer kept. Import everything anew."""

    code = "FAILED_PRECONDITION"
    reason = "RESYNC_REQUIRED"


class KeyMissing(PullfeedError):
    """Send your key in the header X-Api-Key."""

    code = "UNAUTHENTICATED"
    reason = "KEY_MISSING"


class KeyInvalid(PullfeedError):
    """The key is unknown or revoked. Ask the shop's operator for a new one."""

    code = "UNAUTHENTICATED"
    reason = "KEY_INVALID"


class RoleDenied(PullfeedError):
    """A key of this role may not make this call."""

    code = "PERMISSION_DENIED"
    reason = "ROLE_DENIED"


class ShopNotFound(PullfeedError):
    """There is no such shop for this key."""

    code = "NOT_FOUND"
    reason = "SHOP_NOT_FOUND"
    default_field = "shop"


class KeyNotFound(PullfeedError):
    """No key has this id."""

    code = "NOT_FOUND"
    reason = "KEY_NOT_FOUND"
    default_field = "key_id"


class ImporterNotFound(PullfeedError):
    """There is no importer of this name."""

    code = "NOT_FOUND"
    reason = "IMPORTER_NOT_FOUND"
    default_field = "importer"


class NoticeNotFound(PullfeedError):
    """No notice was given up under this number."""

    code = "NOT_FOUND"
    reason = "NOTICE_NOT_FOUND"
    default_field = "notice"


class LossNotAccepted(PullfeedError):
    """Walks that begin at a commit which proves no receipt can lose records: say accept_loss."""

    code = "FAILED_PRECONDITION"
    reason = "LOSS_NOT_ACCEPTED"
    default_field = "accept_loss"


class KeyLimit(PullfeedError):
    """The importer has two live keys already. Revoke one of them first."""

    code = "FAILED_PRECONDITION"
    reason = "KEY_LIMIT"


class LastOperatorKey(PullfeedError):
    """Nobody could make keys any more: this is the last operator key. Make another one first."""

    code = "FAILED_PRECONDITION"
    reason = "LAST_OPERATOR_KEY"


class StoreUnavailable(PullfeedError):
    """The database does not answer. Try again."""

    code = "UNAVAILABLE"
    reason = "UNAVAILABLE"
    retry_after_s = 1


class RulesUnknown(PullfeedError):
    """The feed is judged by the rules of a newer version. Upgrade this core, or ask a newer one."""

    code = "UNAVAILABLE"
    reason = "RULES_UNKNOWN"
    # In a rolling upgrade the next core that is asked may know them.
    retry_after_s = 5


class ShopMoved(PullfeedError):
    """The shop moves to another database, and will be served from there. Try again."""

    code = "UNAVAILABLE"
    reason = "SHOP_MOVED"
    # Whoever routes has to be told where it is now.
    retry_after_s = 5


class StorageFull(PullfeedError):
    """The database has no room left; nothing was stored."""

    code = "RESOURCE_EXHAUSTED"
    reason = "STORAGE_FULL"
    # Somebody has to make room first.
    retry_after_s = 60


class Busy(PullfeedError):
    """As many streams are served as may be at once. Try again."""

    code = "RESOURCE_EXHAUSTED"
    reason = "BUSY"
    retry_after_s = 5


class RequestTooLarge(PullfeedError):
    """The request is larger than this call takes."""

    code = "RESOURCE_EXHAUSTED"
    reason = "REQUEST_TOO_LARGE"


class Internal(PullfeedError):
    """A fault of pullfeed's own; the log of the core has more under the request id."""


class Unusable(PullfeedError):
    """The core cannot start in this environment."""


class DatabaseAway(Unusable):
    """The database's server does not answer, or takes no writes now."""
