"""The contract of a service: every gRPC service its package `yiwang.<name>.v1` declares, in whichever file. And how copies of a
message are compared."""

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

import orjson
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from yiwang.access.v1 import access_pb2


def services(name: str) -> list[ServiceDescriptor]:
    """The gRPC services of a service of the suite, by the name of their file, `service.proto` first."""
    package = importlib.import_module(f"yiwang.{name}.v1")
    files = sorted(one.name for one in pkgutil.iter_modules(package.__path__) if one.name.endswith("_pb2"))
    files.sort(key="service_pb2".__ne__)
    modules = [importlib.import_module(f"{package.__name__}.{file}") for file in files]
    return [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a message's proto3 JSON with sorted keys: what two services that keep the same message compare."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def path(method: MethodDescriptor) -> str:
    """The name of a method as tokens and logs have it: `package.Service/Method`."""
    return f"{method.containing_service.full_name}/{method.name}"


def rule_of(method: MethodDescriptor) -> access_pb2.Access:
    """The access rule of a method; LookupError when its proto has none, so that it cannot be served at all."""
    options = method.GetOptions()
    if not options.HasExtension(access_pb2.access):
        raise LookupError(f"{method.full_name} has no access rule")
    return options.Extensions[access_pb2.access]
