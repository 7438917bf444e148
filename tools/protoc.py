"""Runs the pinned protoc on our protos, with third-party schemas from installed packages."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Generator

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from protovalidate._gen.buf.validate import validate_pb

BIN = pathlib.Path(sys.executable).parent
VALIDATE = "buf/validate/validate.proto"

# What validate.proto and our own protos import.
GOOGLE = (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2)


def sources(protos: pathlib.Path) -> list[str]:
    """Our proto files, relative to their root, in a stable order."""
    return sorted(
        path.relative_to(protos).as_posix() for path in protos.glob("pullfeed/**/*.proto")
    )


def run(protos: pathlib.Path, arguments: list[str], files: list[str]) -> None:
    """Runs protoc; ends the program with protoc's own words where it refuses."""
    with third_party() as descriptors:
        command = [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            f"-I{protos}",
            f"--descriptor_set_in={descriptors}",
        ]
        finished = subprocess.run([*command, *arguments, *files], check=False)
    if finished.returncode:
        raise SystemExit(finished.returncode)


@contextlib.contextmanager
def third_party() -> Generator[pathlib.Path]:
    """A file holding the schemas we import, as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "third_party.binpb")
        path.write_bytes(third_party_set().SerializeToString())
        yield path


def third_party_set() -> descriptor_pb2.FileDescriptorSet:
    """The imported schemas, each after those it imports.

    Source: the protovalidate wheel ships no .proto file but carries the descriptor.
    """
    files = descriptor_pb2.FileDescriptorSet()
    for module in GOOGLE:
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().MergeFromString(validate_pb.desc().proto.to_binary())
    return files
