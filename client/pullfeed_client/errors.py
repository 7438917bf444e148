"""What ends a command, each with its exit code.

Failure
├── Unmet          1   something was withheld, or a check failed
├── Misused        2   a file or an argument is not what the command takes
├── Environment    3   the surroundings: unreachable, no key, no room
└── Refused        4   the server said no; the text is its own sentence

All are click's, so that click prints the sentence and exits with the code: the
one place where an error leaves the program.
"""

from __future__ import annotations

import click

EXIT_CODES = """\b
Exit codes:
  0  done
  1  something was withheld, or a check failed
  2  usage
  3  the environment: unreachable, no key, a taken port
  4  refused by the server"""


class Failure(click.ClickException):
    """Base of all; the message is a sentence that says what to do next."""


class Unmet(Failure):
    """Something was withheld, or a check failed."""

    exit_code = 1


class Misused(Failure):
    """A file or an argument is not what the command takes."""

    exit_code = 2


class Environment(Failure):
    """The surroundings do not allow it."""

    exit_code = 3


class Refused(Failure):
    """The server said no."""

    exit_code = 4
