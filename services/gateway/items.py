"""Names of items by their codes: delegations hold codes, people read names. Kept for some minutes."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import cast

from starlette.requests import Request

from services.gateway.calls import CallError, backends
from services.gateway.session import ask_public
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import delegations_pb2 as delegations

SECONDS = 600.0
MOST = 5000
# So many names of one delegation are shown in a list.
SHOWN = 3


class ItemNames:
    """The names this process knows, the newest last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, code: str) -> str | None:
        """The name; empty when catalog has none, None when it has to be asked."""
        until, name = self._known.get(code, (0.0, ""))
        return name if until > time.monotonic() else None

    def keep(self, code: str, name: str) -> None:
        """Remembers it for a while."""
        self._known[code] = (time.monotonic() + SECONDS, name)
        self._known.move_to_end(code)
        while len(self._known) > MOST:
            self._known.popitem(last=False)


async def names_of(request: Request, some: Iterable[delegations.Delegation], most: int = SHOWN) -> dict[str, str]:
    """Names of the first so many items of each; a code whose name nobody tells now stands for itself."""
    codes = list(dict.fromkeys(code for one in some for code in one.scope.item_codes[:most]))
    return dict(zip(codes, await asyncio.gather(*(_name(request, code) for code in codes)), strict=True))


async def _name(request: Request, code: str) -> str:
    names = cast(ItemNames, request.app.state.item_names)
    known = names.get(code)
    if known is None:
        try:
            message = catalog.SearchItemsRequest(query=code, page_size=5)
            found = await ask_public(request, backends(request).catalog.SearchItems, message)
        except CallError:
            return code
        known = next((hit.name for hit in found.hits if hit.code == code), "")
        names.keep(code, known)
    return known or code
