"""Builds the wheel and tries it in empty environments, away from the source tree.

Once as an internal service installs it, once as an operator does, with the
locked versions; with --newest, also with the newest ones the ranges allow.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

TOP_LEVEL = {"buf", "pullfeed", "pullfeed_client", "pullfeed_facade", "pullfeed_server"}
SHIPPED = {
    "buf/validate/validate_pb2.py",
    "pullfeed/pullfeed.binpb",
    "pullfeed/py.typed",
    "pullfeed/v1/feed_service_pb2_grpc.pyi",
    "pullfeed_client/py.typed",
    "pullfeed_facade/py.typed",
    "pullfeed_server/py.typed",
}
LOCKED = ["--constraint", str(pathlib.Path("requirements.lock").resolve())]

# A warning on import would be one in the log of every internal service.
STUBS = """
import importlib.util, warnings
warnings.simplefilter("error")
from pullfeed.v1 import error_reason_pb2, record_pb2
from pullfeed.v1 import feed_service_pb2_grpc, key_service_pb2_grpc
from pullfeed.v1 import ledger_service_pb2_grpc, record_service_pb2_grpc
assert importlib.util.find_spec("flask") is None, "the base install brings flask"
"""
COMMANDS = (
    ["pullfeed", "--version"],
    ["pullfeed-server", "--help"],
    ["pullfeed-facade", "--help"],
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--newest", action="store_true", help="also try the newest dependencies")
    newest: bool = parser.parse_args().newest
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        wheel = build(place)
        check_contents(wheel)
        try_stubs(wheel, place / "stubs", LOCKED)
        try_commands(wheel, place / "serve", LOCKED)
        if newest:
            try_stubs(wheel, place / "newest-stubs", [])
            scripts = try_commands(wheel, place / "newest-serve", [])
            run([scripts / "pullfeed", "try"], place)
    print("wheel: installs and runs away from the source tree.")


def build(place: pathlib.Path) -> pathlib.Path:
    """The wheel of the tree as it stands, made by the locked build backend."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place], pathlib.Path())
    return next(place.glob("*.whl"))


def check_contents(wheel: pathlib.Path) -> None:
    """Ends the program where the wheel misses a file or takes a name that is not ours."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    missing = SHIPPED - names
    foreign = {name.split("/")[0] for name in names if ".dist-info/" not in name} - TOP_LEVEL
    if missing or foreign:
        raise SystemExit(f"wheel: missing {sorted(missing)}, not ours {sorted(foreign)}")


def try_stubs(wheel: pathlib.Path, place: pathlib.Path, constraint: list[str]) -> None:
    """The base install imports without a warning and brings no server."""
    scripts = installed(place, [str(wheel), *constraint])
    run([scripts / "python", "-c", STUBS], place)


def try_commands(wheel: pathlib.Path, place: pathlib.Path, constraint: list[str]) -> pathlib.Path:
    """Every command answers; returns the folder they are in."""
    scripts = installed(place, [f"{wheel}[serve]", *constraint])
    for name, *arguments in COMMANDS:
        run([scripts / name, *arguments], place)
    return scripts


def installed(place: pathlib.Path, requirements: list[str]) -> pathlib.Path:
    """The scripts folder of a new environment that holds the requirements."""
    python = place / "bin" / "python"
    if shutil.which("uv"):
        run(["uv", "venv", "--quiet", "--python", sys.executable, place])
        run(["uv", "pip", "install", "--quiet", "--python", python, *requirements])
    else:
        run([sys.executable, "-m", "venv", place])
        run([python, "-m", "pip", "install", "--quiet", *requirements])
    return python.parent


def run(command: list[str | pathlib.Path], place: pathlib.Path | None = None) -> None:
    """Runs a program; where it fails, ends this one with what it said."""
    finished = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = finished.stdout + finished.stderr
        raise SystemExit(f"wheel: failed: {' '.join(map(str, command))}\n{said}")


if __name__ == "__main__":
    main()
