"""What each branch of a theme (一件事) gets of its one application, as it was worked out when it came: sealed with the parent, so that a
later release, theme or item changes nothing of it. Pure.

`{key: {answers: {own question: [values]}, form: {own field: merged field}, materials: {own material: merged material}}}`; the theme's own
share stands under `theme`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.case.model import File
from standards import themes_children
from standards.scenarios import TRUE
from standards.themes import Merged
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

Shares = Mapping[str, Mapping[str, Any]]


def shares(merged: Merged, handed_in: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The shares of all that are part of the application, of which these materials were handed in."""
    fields = {one.field.key: one.field.key for one in merged.guide.fields}
    materials = {key: key for key in handed_in}
    return {
        key: {
            "answers": {own: list(answer.values) for own, answer in themes_children.child_answers(merged, key).items()},
            "form": themes_children.child_form(merged.guide, key, fields),
            "materials": themes_children.child_materials(merged, key, materials),
        }
        for key, share in merged.shares.items()
        if share.applies == TRUE
    }


def answers_for(share: Mapping[str, Any]) -> dict[str, catalog.Answer]:
    """The answers of a branch, by its own keys."""
    return {key: catalog.Answer(values=values) for key, values in share["answers"].items()}


def form_for(share: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, str]:
    """What the merged form says to a branch, by its own keys."""
    return {own: form[here] for own, here in share["form"].items() if here in form}


def files_for(share: Mapping[str, Any], files: list[File]) -> list[events.HandedInFile]:
    """The files of a branch, by its own keys; one file may be several branches'."""
    return [
        events.HandedInFile(
            attachment_id=file.attachment_id,
            material=own,
            sealed_filename=file.sealed_filename,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
        )
        for own, here in share["materials"].items()
        for file in files
        if file.material == here
    ]
