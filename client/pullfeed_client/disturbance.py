"""A command of the user's own that changes some record while a walk is under way."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable

from pullfeed_client import errors


def by(command: str) -> Callable[[], None] | None:
    """What runs the command once; None where there is none.

    Raises Misused where it cannot be read; when run, Environment where it fails.
    """
    if not command:
        return None
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise errors.Misused(f"--disturb cannot be read: {error}.") from error
    return lambda: _run(words)


def _run(words: list[str]) -> None:
    try:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    except OSError as error:
        raise errors.Environment(f"{words[0]} cannot be run: {error.strerror}.") from error
    except subprocess.CalledProcessError as error:
        raise errors.Environment(
            f"{words[0]} ended with exit code {error.returncode}, so nothing was disturbed."
        ) from error
