"""Items as the contracts show them."""

from chassis.errors import not_found
from chassis.records import Record, Records
from services.catalog import instants, model, store
from services.catalog.model import Item
from yiwang.catalog.v1 import service_pb2 as pb


def edition(all: Records[Item], record: Record[Item], number: int) -> pb.Item:
    """One edition for everyone; NOT_FOUND when there is none of that number."""
    found = store.edition(all, record, number)
    if found is None:
        raise not_found()
    event, at = found
    view = _item(record)
    view.edition = event.edition
    view.definition.CopyFrom(event.definition)
    view.published_at = instants.told(at)
    return view


def draft(record: Record[Item]) -> pb.Item:
    """The working definition for its officers; its edition is the newest one's, which it may differ from."""
    item = record.state
    view = _item(record)
    view.edition = item.life.edition
    view.definition.CopyFrom(model.definition_of(item.definition))
    view.published_at = instants.told(item.life.published_at)
    view.draft_status = item.life.draft  # type: ignore[assignment]
    view.return_reason = item.life.return_reason
    view.effective_from = instants.told(item.due)
    return view


def history(item: Item) -> pb.ListEditionsResponse:
    """What the item was, oldest first; each line lasts until the next."""
    ends = [*(chapter.since for chapter in item.history[1:]), None]
    lines = [
        pb.EditionLine(
            edition=chapter.edition,
            status=chapter.status,  # type: ignore[arg-type]
            **{"from": instants.told(chapter.since)},
            until=instants.told(end),
            name=chapter.facts.name,
            reason=chapter.reason,
            successors=chapter.successors,
        )
        for chapter, end in zip(item.history, ends, strict=True)
    ]
    return pb.ListEditionsResponse(editions=lines)


def _item(record: Record[Item]) -> pb.Item:
    item = record.state
    return pb.Item(
        id=record.id,
        version=record.version,
        status=item.life.status,  # type: ignore[arg-type]
        latest_edition=item.life.edition,
        successors=item.successors,
        predecessors=item.predecessors,
        short_code=item.short_code,
        reason=item.life.reason,
    )
