"""DirectoryService over gRPC."""

from typing import Any

from chassis.errors import Refused
from chassis.parts import Parts
from google.rpc import code_pb2


class DirectoryApi:
    """The methods of yiwang.catalog.v1.DirectoryService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def __getattr__(self, name: str) -> Any:
        def pending(request: Any, call: Any) -> Any:
            raise Refused(code_pb2.UNIMPLEMENTED, "PENDING", name)

        if name[0].isupper():
            return pending
        raise AttributeError(name)
