from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullfeed_server import errors, tokens

_FEED = tokens.Feed("mail", "shop.example", 1, 1)
_POINT = tokens.Point(covered_from=0, position=250, page=5, epoch=1)
_OLD, _NEW = b"o" * 32, b"n" * 32
_WEEK_S = 7 * 24 * 3600

_POINTS = st.builds(
    tokens.Point,
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(1, 2**31 - 1),
    st.integers(1, 2**63 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(1, 1000),
    st.integers(0, 2**63 - 1),
)


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


def _signed(*secrets: bytes, clock: Callable[[], float] = _Clock()) -> tokens.Tokens:  # noqa: B008
    return tokens.Tokens(secrets or (_NEW,), clock)


@given(_POINTS)
def test_a_cursor_gives_back_its_point(point: tokens.Point) -> None:
    signed = _signed()
    # Behind a last page there is nothing to ask for.
    point = point._replace(is_last=False)
    assert signed.read_cursor(_FEED, signed.cursor(_FEED, point)) == point


@given(_POINTS)
def test_a_commit_token_gives_back_its_point(point: tokens.Point) -> None:
    signed = _signed()
    assert signed.read_commit_token(_FEED, signed.commit_token(_FEED, point)) == point


@given(_POINTS, st.text(max_size=20), st.text(max_size=20))
def test_a_token_is_safe_in_a_url_and_always_as_long(
    point: tokens.Point, importer: str, shop: str
) -> None:
    feed = tokens.Feed(importer, shop, 3, 2)
    for token in (_signed().cursor(feed, point), _signed().commit_token(feed, point)):
        assert re.fullmatch(r"[A-Za-z0-9_-]{108}", token)


def test_every_flipped_bit_is_refused() -> None:
    signed = _signed()
    raw = base64.urlsafe_b64decode(signed.cursor(_FEED, _POINT))
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(errors.CursorInvalid):
            signed.read_cursor(_FEED, base64.urlsafe_b64encode(flipped).decode())


def test_every_truncation_is_refused() -> None:
    signed = _signed()
    token = signed.commit_token(_FEED, _POINT)
    for length in range(len(token)):
        for cut in (token[:length], token[len(token) - length :]):
            with pytest.raises(errors.TokenInvalid):
                signed.read_commit_token(_FEED, cut)


@pytest.mark.parametrize(
    "altered",
    [
        lambda token: f"{token}A",
        lambda token: f"{token}=",
        lambda token: f"{token}==",
        lambda token: f"{token}====",
        lambda token: f"{token}\n",
        lambda token: f" {token}",
        lambda token: f"{token[:40]}\n{token[40:]}",
        lambda token: f"{token}é",
        lambda token: f"\x00{token}",
        lambda token: token.swapcase(),
        lambda token: token * 1000,
        lambda _: "",
        lambda _: "abc123",
        lambda _: "A" * 88,
        lambda _: "é" * 88,
        lambda _: "=" * 88,
    ],
)
def test_only_the_exact_text_that_was_given_out_passes(altered: Callable[[str], str]) -> None:
    signed = _signed()
    with pytest.raises(errors.CursorInvalid):
        signed.read_cursor(_FEED, altered(signed.cursor(_FEED, _POINT)))


def test_the_other_base64_alphabet_is_refused() -> None:
    signed = _signed()
    points = (_POINT._replace(position=position) for position in range(1000))
    token = next(
        token for token in (signed.cursor(_FEED, point) for point in points) if "-" in token
    )
    with pytest.raises(errors.CursorInvalid):
        signed.read_cursor(_FEED, token.replace("-", "+"))


@given(st.text(max_size=100))
def test_any_other_text_is_refused_as_invalid(text: str) -> None:
    with pytest.raises(errors.CursorInvalid):
        _signed().read_cursor(_FEED, text)
    with pytest.raises(errors.TokenInvalid):
        _signed().read_commit_token(_FEED, text)


@pytest.mark.parametrize(
    "other",
    [
        _FEED._replace(importer="sms"),
        _FEED._replace(importer=""),
        _FEED._replace(shop="other.example"),
        _FEED._replace(scope=2),
        _FEED._replace(list=2),
        # The parts must not run into one another.
        tokens.Feed("mails", "hop.example", 1, 1),
        tokens.Feed("mail\0shop.example", "", 1, 1),
    ],
)
def test_a_token_of_another_feed_is_foreign(other: tokens.Feed) -> None:
    signed = _signed()
    with pytest.raises(errors.CursorForeign):
        signed.read_cursor(other, signed.cursor(_FEED, _POINT))
    with pytest.raises(errors.TokenForeign):
        signed.read_commit_token(other, signed.commit_token(_FEED, _POINT))


def test_a_token_lives_seven_days() -> None:
    clock = _Clock()
    signed = _signed(clock=clock)
    cursor, token = signed.cursor(_FEED, _POINT), signed.commit_token(_FEED, _POINT)
    clock.now_s += _WEEK_S
    assert signed.read_cursor(_FEED, cursor) == _POINT
    assert signed.read_commit_token(_FEED, token) == _POINT
    clock.now_s += 1
    with pytest.raises(errors.CursorExpired):
        signed.read_cursor(_FEED, cursor)
    with pytest.raises(errors.TokenExpired):
        signed.read_commit_token(_FEED, token)


def test_a_foreign_token_is_foreign_though_it_is_old() -> None:
    clock = _Clock()
    signed = _signed(clock=clock)
    cursor = signed.cursor(_FEED, _POINT)
    clock.now_s += 2 * _WEEK_S
    with pytest.raises(errors.CursorForeign):
        signed.read_cursor(_FEED._replace(scope=2), cursor)


def test_a_cursor_is_no_commit_token_and_the_other_way_round() -> None:
    signed = _signed()
    with pytest.raises(errors.TokenInvalid):
        signed.read_commit_token(_FEED, signed.cursor(_FEED, _POINT))
    with pytest.raises(errors.CursorInvalid):
        signed.read_cursor(_FEED, signed.commit_token(_FEED, _POINT))


def test_every_secret_of_the_ring_verifies() -> None:
    cursor = _signed(_OLD).cursor(_FEED, _POINT)
    assert _signed(_NEW, _OLD).read_cursor(_FEED, cursor) == _POINT


def test_the_first_secret_of_the_ring_signs() -> None:
    cursor = _signed(_NEW, _OLD).cursor(_FEED, _POINT)
    assert _signed(_NEW).read_cursor(_FEED, cursor) == _POINT
    with pytest.raises(errors.CursorInvalid):
        _signed(_OLD).read_cursor(_FEED, cursor)


def test_a_secret_that_left_the_ring_verifies_nothing() -> None:
    cursor = _signed(_OLD).cursor(_FEED, _POINT)
    with pytest.raises(errors.CursorInvalid):
        _signed(_NEW).read_cursor(_FEED, cursor)


def test_a_token_holds_no_name_of_importer_or_shop() -> None:
    raw = base64.urlsafe_b64decode(_signed().cursor(_FEED, _POINT))
    assert b"mail" not in raw
    assert b"shop" not in raw
