"""What a theme (一件事) is made of: its items as a graph, its alternatives, and what is its own beside its items. Pure."""

from typing import Final

from yiwang.catalog.v1 import service_pb2
from yiwang.catalog.v1 import themes_pb2 as pb

OWN: Final = "theme"
"""In what is merged, the theme's own questions, fields and materials are told by this key."""
CHOICE: Final = "choose_"
"""Keys of the questions that ask for one of alternatives begin with it."""


def shell(theme: pb.ThemeDefinition) -> service_pb2.ItemDefinition:
    """The theme's own questions, materials and form, as if it were an item."""
    return service_pb2.ItemDefinition(
        questions=theme.questions, materials=theme.materials, form_fields=theme.form_fields
    )


def graph(definition: pb.ThemeDefinition) -> dict[str, list[str]]:
    """The graph of its items."""
    return {item.key: list(item.after) for item in definition.items}


def groups(definition: pb.ThemeDefinition) -> dict[str, list[str]]:
    """Keys of the items that are alternatives, by their word."""
    found: dict[str, list[str]] = {}
    for item in definition.items:
        if item.one_of:
            found.setdefault(item.one_of, []).append(item.key)
    return found


def choice_key(word: str) -> str:
    """The key of the question that asks for one of the alternatives with this word."""
    return f"{CHOICE}{word}"[:40]
