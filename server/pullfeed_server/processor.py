"""The one processor that a core runs on.

Python's lock lets one of a core's threads run at a time. Spread over processors
they wake one another up at each turn: kept on one, the core serves 1.2 to 1.7
times the pages, and takes in as many records (docs/performance.md).
"""

from __future__ import annotations

import logging
import os
import sys
import zlib

from pullfeed_server import errors

AUTO, ANY = "auto", "any"
_SETTING = "The setting processor (PULLFEED_CORE_PROCESSOR)"

_log = logging.getLogger(__name__)


def settle(wanted: str, seed: str) -> None:
    """Keeps the calling thread, and those it starts from now on, on one processor.

    wanted: its number; ANY, which changes nothing; or AUTO, which draws one of
    those that the process may use from the seed, and is ANY where that is empty or
    the system lets nobody choose, as sandboxes do. Raises Unusable.
    """
    if wanted == ANY or (wanted == AUTO and not seed):
        return
    try:
        _bind(wanted, seed)
    except OSError as error:
        if wanted != AUTO:
            raise errors.Unusable(
                f"{_SETTING} cannot be kept here: the system keeps the core from choosing one "
                f"({error.strerror}). Say auto or any."
            ) from error
        _log.warning(
            "The core runs on any processor (setting processor): the system keeps it from "
            "choosing one (%s).",
            error.strerror,
        )


def _bind(wanted: str, seed: str) -> None:
    """Raises Unusable for what is no processor of the process, OSError where none may be chosen."""
    if sys.platform != "linux":
        if wanted == AUTO:
            return
        raise errors.Unusable(f"{_SETTING} can only be auto or any on this system.")
    usable = sorted(os.sched_getaffinity(0))
    if wanted == AUTO:
        number = usable[zlib.crc32(seed.encode()) % len(usable)]
    elif wanted in map(str, usable):
        number = int(wanted)
    else:
        raise errors.Unusable(
            f"{_SETTING} is auto, any, or one of {', '.join(map(str, usable))}, "
            "the processors this process may use."
        )
    os.sched_setaffinity(0, {number})
