"""What the main thread waits for is woken by every signal."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A thread other than the main one takes the signal once the main one waits; the kernel
# may do that with any signal, and a signal just before the wait has the same effect.
TAKEN_BY_ANOTHER_THREAD = """
import pathlib, signal, sys, threading
from pullfeed_client import bell, children
from pullfeed_client.sync import schedule

def interrupt(main):
    while sys._current_frames()[main].f_code.co_filename != bell.__file__:
        pass
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

# What runs behind a shell begins with the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupting = threading.Thread(target=interrupt, args=[threading.get_ident()], daemon=True)
"""
CHILDREN = """
with children.Children(pathlib.Path()) as none:
    interrupting.start()
    try:
        none.wait()
    except KeyboardInterrupt:
        print("woken")
"""
PASSES = """
schedule.every(3600, interrupting.start)
print("woken")
"""
ENOUGH_S = 30


@pytest.mark.parametrize("waiting", [CHILDREN, PASSES])
def test_a_signal_that_another_thread_takes_ends_the_wait(waiting: str) -> None:
    waited = subprocess.run(
        [sys.executable, "-W", "error", "-c", TAKEN_BY_ANOTHER_THREAD + waiting],
        capture_output=True,
        text=True,
        timeout=ENOUGH_S,
        check=False,
    )
    assert (waited.returncode, waited.stdout, waited.stderr) == (0, "woken\n", "")
