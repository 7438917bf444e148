"""`python -m pullfeed_client` is the `pullfeed` command."""

from __future__ import annotations

from pullfeed_client import cli

if __name__ == "__main__":
    cli.main(prog_name="pullfeed")
