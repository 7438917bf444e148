"""Children: what wakes the thread that waits for them."""

from __future__ import annotations

import subprocess
import sys

# A thread other than the main one takes the signal once the main one waits; the kernel
# may do that with any signal, and a signal just before the wait has the same effect.
TAKEN_BY_ANOTHER_THREAD = """
import pathlib, signal, sys, threading
from pullfeed_client import children

def interrupt(main):
    while sys._current_frames()[main].f_code.co_filename != children.__file__:
        pass
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

with children.Children(pathlib.Path()) as none:
    threading.Thread(target=interrupt, args=[threading.get_ident()], daemon=True).start()
    try:
        none.wait()
    except KeyboardInterrupt:
        print("woken")
"""
ENOUGH_S = 30


def test_a_signal_that_another_thread_takes_ends_the_wait() -> None:
    waited = subprocess.run(
        [sys.executable, "-W", "error", "-c", TAKEN_BY_ANOTHER_THREAD],
        capture_output=True,
        text=True,
        timeout=ENOUGH_S,
        check=False,
    )
    assert (waited.returncode, waited.stdout, waited.stderr) == (0, "woken\n", "")
