"""A pass that is broken off at any step: the next one goes on and loses nothing."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from tests.sources import shop as shops
from tests.sync.shopkeeper import Killed, Shopkeeper


class Fragile:
    """The core's service, until it breaks: before a call reaches it, or before its answer does."""

    def __init__(self, records: Any, calls: int, *, is_taken: bool) -> None:
        self._records = records
        self._calls = calls
        self._is_taken = is_taken

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._records, name)
        if name == "PutRecords":
            return self
        return lambda *args, **more: self._call(found, *args, **more)

    def future(self, *args: Any, **more: Any) -> Any:
        """As a stub's method has it."""
        return self._call(self._records.PutRecords.future, *args, **more)

    def _call(self, call: Any, *args: Any, **more: Any) -> Any:
        self._calls -= 1
        if self._calls >= 0:
            return call(*args, **more)
        if self._is_taken:
            answer = call(*args, **more)
            if hasattr(answer, "result"):
                answer.result()
        raise Killed


@pytest.mark.parametrize("is_taken", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("way", ["updated", "full", "fingerprint"])
def test_it_may_be_killed_between_any_two_calls(kept: Shopkeeper, way: str, is_taken: bool) -> None:
    if way == "fingerprint":
        kept.mapping = kept.mapping.replace(
            'updated = "changed"', 'updated = "changed"\nsync = "fingerprint"'
        )
    is_full = way == "full"
    kept.add(*[shops.customer(number, number) for number in range(1, 41)])
    kept.sync(full=True)
    calls = number = 0
    while True:
        number += 1
        kept.change(number % 30 + 1, First=f"v{number}", changed=shops.moment(40 + number * 600))
        kept.add(shops.customer(100 + number, 41 + number * 600))
        if way != "updated":
            kept.drop(40 - number % 8)
        try:
            kept.sync(
                full=is_full,
                batch_rows=2,
                wrapped=functools.partial(Fragile, calls=calls, is_taken=is_taken),
            )
        except Killed:
            calls += 1
        else:
            break
    # The last pass went through, and so did whatever the killed ones had left.
    assert calls > 2
    assert kept.delivered() == kept.in_source()


def test_a_first_pass_that_was_broken_off_goes_on_where_it_was(kept: Shopkeeper) -> None:
    kept.add(*[shops.customer(number, number * 600) for number in range(1, 101)])
    with pytest.raises(Killed):
        kept.sync(batch_rows=10, wrapped=lambda records: Fragile(records, 6, is_taken=False))
    # Five batches of ten were answered for sure; the last row of them is read again.
    assert kept.sync(batch_rows=10).read <= 51
    assert kept.delivered() == kept.in_source()
