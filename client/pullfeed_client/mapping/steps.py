"""What is done to a value on its way: each step takes text and gives text, or refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Step = Callable[[str], str]


class Unfit(Exception):
    """A value that a step cannot take. The reason is a code, never the value."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def by_table(values: Mapping[str, str]) -> Step:
    """The value that stands for a value. Raises Unfit: UNMAPPED."""

    def step(text: str) -> str:
        try:
            return values[text]
        except KeyError:
            raise Unfit("UNMAPPED") from None

    return step
