"""The channel to the core: one a process, opened at the first call."""

from __future__ import annotations

import os
import socket

import grpc
import pytest

from pullfeed_facade import core


def test_a_channel_is_opened_once_and_anew_in_another_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[grpc.Channel] = []

    def open_channel() -> grpc.Channel:
        opened.append(core.channel_to("127.0.0.1:1"))
        return opened[-1]

    reached = core.Core(open_channel, deadline_s=1)
    assert opened == []

    assert reached._stubs() is reached._stubs()
    assert len(opened) == 1

    monkeypatch.setattr(os, "getpid", lambda: -1)
    reached._stubs()
    assert len(opened) == 2

    for channel in opened:
        channel.close()


def test_nobody_listening_is_told_at_once_and_not_at_the_deadline() -> None:
    with socket.socket() as bound:  # and not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        channel = core.channel_to(f"127.0.0.1:{bound.getsockname()[1]}")
        reached = core.Core(lambda: channel, deadline_s=60)

        with pytest.raises(grpc.RpcError) as caught:
            reached.is_serving()
        channel.close()

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
