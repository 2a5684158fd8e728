"""What a store's filter says of one document, where the document is at hand already. Pure."""

import operator
from collections.abc import Mapping
from typing import Any

_COMPARE = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}


def matches(document: Mapping[str, Any], filter: Mapping[str, Any]) -> bool:
    """Whether a document matches a filter of equalities and bounds, as the store would say (a list by any of its elements);
    KeyError for other operators."""
    for path, wanted in filter.items():
        value: Any = document
        for name in path.split("."):
            value = (value or {}).get(name)
        bounds = wanted if isinstance(wanted, Mapping) else {}
        if not bounds and value != wanted and not (isinstance(value, list) and wanted in value):
            return False
        if any(value is None or not _COMPARE[sign](value, bound) for sign, bound in bounds.items()):
            return False
    return True
