"""Writes proto/gen from the protos, or names the files that differ from them."""

from __future__ import annotations

import argparse
import pathlib
import shutil
import tempfile

import protoc

# Folders that are packages of their own; `buf` is left a namespace, so that the
# wheel takes no other distribution's `buf` packages away.
PACKAGES = ("pullfeed", "pullfeed/v1", "buf/validate")
TYPED = ("pullfeed", "buf/validate")
DESCRIPTORS = "pullfeed/pullfeed.binpb"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("protos", type=pathlib.Path, nargs="?", default=pathlib.Path("proto"))
    arguments = parser.parse_args()
    action = write if arguments.action == "write" else check
    action(arguments.protos, arguments.protos / "gen")


def write(protos: pathlib.Path, target: pathlib.Path) -> None:
    """Replaces the target by what the protos say now; leaves it alone where protoc refuses them."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder, "gen")
        generate(protos, fresh)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh, target)


def check(protos: pathlib.Path, target: pathlib.Path) -> None:
    """Ends the program with the names of the files that `write` would change."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder, "gen")
        generate(protos, fresh)
        differing = differences(contents(fresh), contents(target))
    if differing:
        headline = f"{target} is not what the protos say: run `make proto`."
        raise SystemExit("\n".join([headline, *differing]))


def generate(protos: pathlib.Path, target: pathlib.Path) -> None:
    """Writes messages, service stubs, their types and the self-contained descriptor set."""
    target.mkdir(parents=True)
    files = protoc.sources(protos)
    services = [name for name in files if name.endswith("_service.proto")]
    protoc.run(protos, messages_into(target), [*files, protoc.VALIDATE])
    # Only files with a service: the plugin writes an empty module for each of the others.
    protoc.run(protos, services_into(target), services)
    write_packages(target)
    protoc.run(protos, [f"--descriptor_set_out={target / DESCRIPTORS}", "--include_imports"], files)


def messages_into(target: pathlib.Path) -> list[str]:
    """Flags for messages, with types that know each oneof and field name."""
    return [f"--python_out={target}", *types_into(target, "mypy")]


def services_into(target: pathlib.Path) -> list[str]:
    """Flags for stubs and servicers, with types."""
    return [f"--grpc_python_out={target}", *types_into(target, "mypy_grpc")]


def types_into(target: pathlib.Path, kind: str) -> list[str]:
    plugin = protoc.BIN / f"protoc-gen-{kind}"
    return [f"--plugin=protoc-gen-{kind}={plugin}", f"--{kind}_out=quiet:{target}"]


def write_packages(target: pathlib.Path) -> None:
    """Makes the generated folders importable and typed."""
    for name in PACKAGES:
        (target / name / "__init__.py").touch()
    for name in TYPED:
        (target / name / "py.typed").touch()


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """Every file of a folder by its relative name, without Python's caches."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def differences(wanted: dict[str, bytes], found: dict[str, bytes]) -> list[str]:
    """One line for each file that is missing, left over or changed, by name."""
    changed = (name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    lines = dict.fromkeys(wanted.keys() - found.keys(), "missing")
    lines |= dict.fromkeys(found.keys() - wanted.keys(), "left over")
    lines |= dict.fromkeys(changed, "changed")
    return [f"  {name}: {lines[name]}" for name in sorted(lines)]


if __name__ == "__main__":
    main()
