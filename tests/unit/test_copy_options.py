"""`pullfeed copy` and the core's own program take the same options, which neither can import."""

from __future__ import annotations

import pytest

from pullfeed_client import moves
from pullfeed_server.moving import command as moving

_COMMANDS = (moves.command, moving.command)
# What holds both in step, of all that click tells of an option.
_SAME = ("opts", "required", "multiple", "is_flag", "type", "help")


def test_both_take_options_of_the_same_names_in_the_same_order() -> None:
    client, core = ([option.name for option in each.params] for each in _COMMANDS)
    assert client == core
    assert "source" in client


@pytest.mark.parametrize("what", _SAME)
def test_both_say_the_same_of_each_option(what: str) -> None:
    client, core = (
        {option.name: option.to_info_dict()[what] for option in each.params} for each in _COMMANDS
    )
    assert client == core
