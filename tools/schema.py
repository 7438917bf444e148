"""Judges the protos offline: style, format, and what would break callers of the last release."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

import protoc

RELEASED = "proto/gen/pullfeed/pullfeed.binpb"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path, nargs="?", default=pathlib.Path())
    root: pathlib.Path = parser.parse_args().root
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder, "image.binpb")
        build(root / "proto", image)
        passed = [lints(root, image), is_formatted(root), keeps_promises(root, image)]
    sys.exit(0 if all(passed) else 1)


def build(protos: pathlib.Path, image: pathlib.Path) -> None:
    """Writes one self-contained descriptor image: buf needs no module registry to read it."""
    flags = [f"--descriptor_set_out={image}", "--include_imports", "--include_source_info"]
    protoc.run(protos, flags, protoc.sources(protos))


def lints(root: pathlib.Path, image: pathlib.Path) -> bool:
    return buf("lint", str(image), *rules(root))


def is_formatted(root: pathlib.Path) -> bool:
    return buf("format", str(root / "proto"), "--diff", "--exit-code")


def keeps_promises(root: pathlib.Path, image: pathlib.Path) -> bool:
    """Is every message, field and call of the last release still there, under its number and name.

    Before the first release nothing is promised: breaking changes against the
    last commit are shown, not refused.
    """
    tag = last_release(root)
    past = git(root, "show", f"{tag or 'HEAD'}:{RELEASED}")
    if past is None:
        print(
            "schema: neither a release nor a commit to compare with: breaking changes not sought."
        )
        return True
    kept = is_compatible(root, image, past)
    if not (kept or tag):
        print("schema: the above breaks callers of the last commit; allowed before a release.")
    return kept or not tag


def is_compatible(root: pathlib.Path, image: pathlib.Path, past: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        against = pathlib.Path(folder, "past.binpb")
        against.write_bytes(past)
        return buf("breaking", str(image), "--against", str(against), *rules(root))


def rules(root: pathlib.Path) -> list[str]:
    return ["--config", str(root / "proto" / "buf.yaml")]


def buf(*arguments: str) -> bool:
    """Runs buf from its wheel; its complaints go to the terminal."""
    return subprocess.run([protoc.BIN / "buf", *arguments], check=False).returncode == 0


def last_release(root: pathlib.Path) -> str:
    """The nearest release tag behind the current commit; empty where there is none."""
    found = git(root, "describe", "--tags", "--abbrev=0", "--match=v[0-9]*")
    return found.decode().strip() if found else ""


def git(root: pathlib.Path, *arguments: str) -> bytes | None:
    """What git prints; None where it, the repository or the named thing is not there."""
    try:
        finished = subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return finished.stdout if finished.returncode == 0 else None


if __name__ == "__main__":
    main()
