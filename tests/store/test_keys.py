from __future__ import annotations

import dataclasses
import re

import pytest
from tests.clock import BEGIN_US, DAY_US, Clock

from pullfeed_server import errors, keys
from pullfeed_server.store import Store, rows

_CACHE_S = 2.0


@dataclasses.dataclass
class _Seconds:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def known(store: Store, clock: Clock) -> keys.Keys:
    return keys.Keys(store)


def test_a_key_is_recognised_by_its_text(known: keys.Keys) -> None:
    new = known.create("importer", "mail", ["a.example", "b.example"])
    assert known.identify(new.text) == keys.Caller(
        new.row.key_id, "importer", "mail", frozenset({"a.example", "b.example"})
    )


def test_a_key_looks_as_documented(known: keys.Keys) -> None:
    new = known.create("writer", "", ["*"])
    assert re.fullmatch(r"pf_(k[0-9a-f]{12})_[A-Za-z0-9_-]{43}", new.text)
    assert new.text.split("_")[1] == new.row.key_id


def test_no_part_of_the_secret_is_stored(known: keys.Keys) -> None:
    new = known.create("writer", "", ["*"])
    (row,) = known.all()
    secret = new.text.split("_", 2)[2]
    assert secret not in repr(row)
    assert len(row.hash) == 32


def test_every_key_is_another_one(known: keys.Keys) -> None:
    made = [known.create("writer", "", ["*"]).text for _ in range(20)]
    assert len({text.split("_", 2)[2] for text in made}) == 20


def test_no_key_is_missing(known: keys.Keys) -> None:
    with pytest.raises(errors.KeyMissing):
        known.identify("")


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        "pf_k000000000000_" + "A" * 43,
        "pf__",
        "pf_k00_short",
        "PF_K000000000000_" + "A" * 43,
        "x" * 100_000,
        "\x00",
        "é",
        " ",
    ],
)
def test_any_other_text_is_no_key(known: keys.Keys, text: str) -> None:
    with pytest.raises(errors.KeyInvalid):
        known.identify(text)


def test_a_key_with_another_secret_is_refused(known: keys.Keys) -> None:
    text = known.create("writer", "", ["*"]).text
    other = known.create("writer", "", ["*"]).text
    mixed = text[: -len("A" * 43)] + other[-43:]
    for wrong in (mixed, text[:-1], f"{text}A", f"{text}\n", f" {text}", text.upper()):
        with pytest.raises(errors.KeyInvalid):
            known.identify(wrong)


def test_without_an_agreed_key_there_is_one_importer_where_that_is_allowed(store: Store) -> None:
    known = keys.Keys(store, allow_anonymous=True)
    caller = known.identify("")
    assert (caller.role, caller.importer, caller.key_id) == ("importer", "anonymous", "")
    assert caller.may_touch("shop.example")


def test_a_wrong_key_is_refused_though_none_is_needed(store: Store) -> None:
    with pytest.raises(errors.KeyInvalid):
        keys.Keys(store, allow_anonymous=True).identify("pf_k000000000000_" + "A" * 43)


def test_a_key_may_touch_its_own_shops_only(known: keys.Keys) -> None:
    caller = known.identify(known.create("writer", "", ["a.example"]).text)
    assert caller.may_touch("a.example")
    assert not caller.may_touch("b.example")
    assert not caller.may_touch("")
    assert known.identify(known.create("writer", "", ["*"]).text).may_touch("b.example")


@pytest.mark.parametrize(
    ("role", "importer"), [("importer", ""), ("writer", "mail"), ("operator", "mail")]
)
def test_an_importers_key_names_its_importer_and_no_other_does(
    known: keys.Keys, role: str, importer: str
) -> None:
    with pytest.raises(errors.FieldInvalid) as refused:
        known.create(role, importer, ["*"])
    assert refused.value.field == "importer"
    assert known.all() == []


def test_an_importer_has_at_most_two_live_keys(known: keys.Keys) -> None:
    first = known.create("importer", "mail", ["*"])
    known.create("importer", "mail", ["*"])
    with pytest.raises(errors.KeyLimit):
        known.create("importer", "mail", ["*"])
    known.create("importer", "sms", ["*"])
    known.revoke(first.row.key_id)
    known.create("importer", "mail", ["*"])


def test_both_live_keys_name_the_same_importer(known: keys.Keys) -> None:
    made = [known.create("importer", "mail", ["*"]) for _ in range(2)]
    assert {known.identify(new.text).importer for new in made} == {"mail"}
    assert [(row.importer, count) for row, count in known.importers()] == [("mail", 2)]


def test_writers_and_operators_are_not_limited(known: keys.Keys) -> None:
    for _ in range(5):
        known.create("writer", "", ["*"])
        known.create("operator", "", ["*"])
    assert len(known.all()) == 10


def test_keys_are_listed_oldest_first_with_the_revoked_ones(known: keys.Keys, clock: Clock) -> None:
    made: list[str] = []
    for _ in range(3):
        made.append(known.create("writer", "", ["*"]).row.key_id)
        clock.forward(1)
    known.revoke(made[0])
    assert [row.key_id for row in known.all()] == made


def test_a_revoked_key_is_refused_at_once(known: keys.Keys) -> None:
    new = known.create("writer", "", ["*"])
    known.identify(new.text)
    known.revoke(new.row.key_id)
    with pytest.raises(errors.KeyInvalid):
        known.identify(new.text)


def test_another_replica_refuses_a_revoked_key_within_two_seconds(
    known: keys.Keys, store: Store
) -> None:
    seconds = _Seconds()
    other = keys.Keys(store, clock_s=seconds)
    new = known.create("writer", "", ["*"])
    other.identify(new.text)
    known.revoke(new.row.key_id)
    seconds.now_s += _CACHE_S - 0.1
    other.identify(new.text)
    seconds.now_s += 0.1
    with pytest.raises(errors.KeyInvalid):
        other.identify(new.text)


def test_a_new_key_is_known_to_another_replica_though_it_was_asked_before(
    known: keys.Keys, store: Store
) -> None:
    other = keys.Keys(store)
    with pytest.raises(errors.KeyInvalid):
        other.identify("pf_k000000000000_" + "A" * 43)
    assert other.identify(known.create("writer", "", ["*"]).text).role == "writer"


def test_revoking_again_keeps_the_first_date(known: keys.Keys, clock: Clock) -> None:
    key_id = known.create("writer", "", ["*"]).row.key_id
    assert known.revoke(key_id).revoked_us == BEGIN_US
    clock.forward(DAY_US)
    assert known.revoke(key_id).revoked_us == BEGIN_US


def test_an_unknown_key_cannot_be_revoked(known: keys.Keys) -> None:
    with pytest.raises(errors.KeyNotFound):
        known.revoke("k000000000000")


def test_the_last_operator_key_cannot_be_revoked(known: keys.Keys) -> None:
    first = known.create("operator", "", ["*"])
    with pytest.raises(errors.LastOperatorKey):
        known.revoke(first.row.key_id)
    second = known.create("operator", "", ["*"])
    known.revoke(first.row.key_id)
    with pytest.raises(errors.LastOperatorKey):
        known.revoke(second.row.key_id)
    assert known.revoke(first.row.key_id).revoked_us


def test_the_first_start_makes_one_operator_key(known: keys.Keys) -> None:
    kept: list[str] = []
    known.ensure_operator(kept.append)
    known.ensure_operator(kept.append)
    (text,) = kept
    assert known.identify(text).role == "operator"


def test_an_operator_key_that_could_not_be_kept_does_not_count(known: keys.Keys) -> None:
    def fails(_: str) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the very one of the test
        known.ensure_operator(fails)
    assert known.all() == []


def test_a_key_makes_its_importer(known: keys.Keys) -> None:
    known.create("importer", "mail", ["*"])
    assert known.importers() == [(rows.ImporterRow("mail", {}), 1)]


def test_an_importers_starts_are_set_one_by_one(known: keys.Keys) -> None:
    known.set_importer("mail", {1: "committed"})
    assert known.set_importer("mail", {2: "full"}) == (
        rows.ImporterRow("mail", {1: "committed", 2: "full"}),
        0,
    )


def test_a_new_key_leaves_the_importers_settings_alone(known: keys.Keys) -> None:
    known.set_importer("mail", {1: "committed"})
    known.create("importer", "mail", ["*"])
    assert known.importers() == [(rows.ImporterRow("mail", {1: "committed"}), 1)]


def test_importers_are_listed_by_name_with_their_live_keys(known: keys.Keys) -> None:
    for name in ("sms", "mail"):
        known.create("importer", name, ["*"])
    known.revoke(known.create("importer", "sms", ["*"]).row.key_id)
    assert [(row.importer, count) for row, count in known.importers()] == [("mail", 1), ("sms", 1)]
