"""Ways an item can go, by the acts of its model: the document a store would have after them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson.codec_options import CodecOptions
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Records, _converter
from services.catalog import model, model_succession, store
from services.catalog.model import Item
from services.catalog.model_evolve import EVOLVE
from tests.support.items import definition
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import items_pb2 as items

RECORDS: Records[Item] = Records(None, Item, EVOLVE, events)  # type: ignore[arg-type]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
ID = store.item_id("TEST-1")
NAMES = ("公共场所卫生许可", "公共场所卫生许可（新）", "公共场所卫生许可（改）")
OFFICERS = ("officer:ann", "officer:ben", "officer:carl")
# The worker is one principal; here what it does by itself is told from what an import brings.
CLOCK = "system:clock"
PARTS = ("part-1", "part-2")
BY_IMPORT = ("bring", "draft")
ACTS = (
    *("save", "review", "return", "publish", "schedule", "day", "suspend", "resume", "withdraw", "split", "part"),
    *BY_IMPORT,
)
Step = tuple[str, int, int]


def _ways(acts: Sequence[str]) -> st.SearchStrategy[list[Step]]:
    """Steps one by one, and rows of them that lead somewhere: chance alone would hardly publish anything."""
    numbers = st.integers(0, 2)
    one = st.tuples(st.sampled_from(acts), numbers, numbers).map(lambda step: [step])
    rows = st.builds(
        lambda which, writer, reviewer, last: [("save", which, writer), ("review", 0, reviewer), (last, 0, writer)],
        *(numbers, numbers, numbers, st.sampled_from(["publish", "schedule", "return"])),
    )
    return st.lists(one | rows, max_size=10).map(lambda found: [step for steps in found for step in steps])


walks = _ways(ACTS)
# Without the end of everything, so that more happens.
living = _ways([one for one in ACTS if one != "withdraw"])


@dataclass
class Walk:
    """An item on its way: its document, and what was tried and refused."""

    item: Item | None = None
    journal: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def step(self, name: str, which: int = 0, who: int = 0) -> None:
        """One act; refused, or without effect, it leaves no trace."""
        by = model.IMPORTER if name in BY_IMPORT else CLOCK if name in ("day", "part") else OFFICERS[who]
        try:
            found = act(self.item, name, which, by)
        except Refused as refused:
            self.refusals.append(refused.reason)
            return
        listed = found if isinstance(found, list) else [found] if found else []
        if listed:
            version = len(self.journal)
            head = self.journal[-1]["digest"] if version else ""
            cause = Cause(f"c{version}", by)
            self.item, entries = RECORDS._apply(self.item, listed, cause, version, head)
            self.journal += entries

    @property
    def document(self) -> dict[str, Any]:
        """As a store gives it back."""
        state = _converter.unstructure(self.item) if self.item else None
        stored: dict[str, Any] = bson.decode(bson.encode({"journal": self.journal, "state": state}), OPTIONS)
        return stored

    @property
    def kinds(self) -> list[str]:
        """The kinds of its events, in order."""
        return [entry["type"] for entry in self.journal]


def act(item: Item | None, name: str, which: int, by: str) -> Any:
    """The events of an act; `which` chooses the definition or the part."""
    wanted = definition(name=NAMES[which])
    instant = datetime.now(UTC)
    if name in BY_IMPORT:
        return model.bring(item, ID, wanted, live=name == "bring")
    if item is None or name == "save":
        return model.save(item, ID, wanted)
    told = [items.Part(code=code, name=code) for code in PARTS]
    return {
        "review": lambda: model.review(item, by, item.life.version, ""),
        "return": lambda: model.give_back(item, "再议"),
        "publish": lambda: model.publish(item),
        "schedule": lambda: model.schedule(item, instant + timedelta(days=1 + which), instant),
        "day": lambda: model.take_effect(item, instant + timedelta(days=2)),
        "suspend": lambda: model.suspend(item, "停办"),
        "resume": lambda: model.resume(item),
        "withdraw": lambda: model.withdraw(item, "取消", ["other"]),
        "split": lambda: model_succession.split(item, PARTS, told, {}, wanted),
        "part": lambda: model_succession.part_published(item, PARTS[which % 2], 0) if item.parts else None,
    }[name]()


def walk(steps: list[Step]) -> Walk:
    """The item after these acts."""
    way = Walk()
    for step in steps:
        way.step(*step)
    return way
