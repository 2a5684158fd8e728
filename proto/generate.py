"""Generates gen/ (Python messages, gRPC stubs, type stubs) and gen/image.binpb (for buf) from proto/.

buf/validate/validate.proto is not copied: its descriptor comes from the installed protovalidate package.
"""

import os
import shutil
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
GEN = ROOT / "gen"
VALIDATE = "buf/validate/validate.proto"


def known_descriptors() -> descriptor_pb2.FileDescriptorSet:
    """The files protoc cannot find on disk: google's well-known types and protovalidate's rules."""
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    return files


def run(*arguments: str) -> None:
    """Runs protoc; exits with its code when it refuses."""
    if code := protoc.main(["protoc", *arguments]):
        sys.exit(code)


def main() -> None:
    sources = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").rglob("*.proto"))
    fresh = ROOT / "gen.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    known = fresh / "known.binpb"
    known.write_bytes(known_descriptors().SerializeToString())
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inputs = [f"--proto_path={ROOT / 'proto'}", f"--descriptor_set_in={known}"]
    python = [f"--python_out={fresh}", f"--mypy_out=quiet:{fresh}"]
    run(*inputs, *python, VALIDATE)
    run(*inputs, *python, f"--grpc_python_out={fresh}", f"--mypy_grpc_out=quiet:{fresh}", *sources)
    image = ["--include_imports", "--include_source_info", f"--descriptor_set_out={fresh / 'image.binpb'}"]
    run(*inputs, *image, *sources)
    shutil.rmtree(GEN, ignore_errors=True)
    fresh.rename(GEN)


if __name__ == "__main__":
    main()
