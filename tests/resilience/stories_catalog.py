"""Short stories of the catalogue, each with what came after it: what was suspended is resumed. An event heard late must not undo that."""

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, Actor
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import until_true
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.catalog.v1.directory_pb2 import EntryDefinition, ImplementationDefinition
from yiwang.catalog.v1.service_pb2 import Department, ItemDefinition

REGION, CITY = "990121", "990100"
BASE = "000177770000"


class Desk:
    """Two catalog officers of a region, so that one reviews what the other wrote."""

    def __init__(self, suite: Suite, key: OKPKey, region: str) -> None:
        self._channel = grpc.insecure_channel(suite.address("catalog"))
        names = (f"story-{who}-{region}" for who in ("writer", "reviewer"))
        actors = [Actor(name, OFFICER, frozenset({"catalog"}), world.department(0), region, 0, name) for name in names]
        self._duties = set[str]()
        self._writer, self._reviewer = (tokens.mint(key, actor) for actor in actors)

    def write(self, service: str = "ItemService") -> As:
        """As who writes."""
        return As(self._channel, contract_of("catalog", service), None, self._writer)

    def review(self, service: str = "ItemService") -> As:
        """As who reviews."""
        return As(self._channel, contract_of("catalog", service), None, self._reviewer)

    def publish(self, definition: ItemDefinition) -> str:
        """An edition of an item, whose duties are in force; its id."""
        for code in set(definition.duty_codes) - self._duties:
            enter_duty(code, definition, self.write("DirectoryService"), self.review("DirectoryService"))
            self._duties.add(code)
        return self.approve(self.write().SaveItem(definition=definition).id)

    def approve(self, id: str) -> str:
        """What was written of an item, reviewed and published."""
        version = self.write().GetItemDraft(item_id=id).version
        self.review().ReviewItem(item_id=id, version=version)
        self.write().PublishItem(item_id=id)
        return id

    def shown(self, id: str) -> Any:
        """The item as everybody sees it."""
        return self.write("CatalogService").GetItem(item_id=id)


def enter_duty(code: str, item: ItemDefinition, writer: As, reviewer: As) -> None:
    """Puts an entry into the 权责清单, for an item."""
    # The departments of the load have no check digit.
    department = Department(code="LOADDUTIES", name=item.department.name)
    told = ImplementationDefinition(
        code=code, name=item.name, type_code=item.type_code, region=item.region, department=department
    )
    saved = writer.SaveImplementation(definition=told)
    reviewer.ReviewImplementation(id=saved.id, version=saved.version)
    writer.PublishImplementation(id=saved.id)


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    desk, city = Desk(suite, key, REGION), Desk(suite, key, CITY)
    editions(desk)
    split(desk)
    merge(desk)
    standard(desk, city)


def _item(number: int, **changes: Any) -> ItemDefinition:
    """An item of one department, whatever its number."""
    definition = world.item(number)[1]
    definition.department.CopyFrom(world.item(0)[1].department)
    definition.MergeFrom(ItemDefinition(**changes))
    return definition


def editions(desk: Desk) -> None:
    """Three items in two editions each; one stays suspended, one is resumed, one is withdrawn."""
    ids = []
    for number in range(100, 103):
        for edition in (1, 2):
            id = desk.publish(_item(number, conditions=f"第{edition}版"))
        ids.append(id)
    for id in ids[:2]:
        desk.write().SuspendItem(item_id=id, reason="停办")
    desk.write().ResumeItem(item_id=ids[1])
    desk.write().WithdrawItem(item_id=ids[2], reason="职权取消", successors=[ids[1]])


def split(desk: Desk) -> None:
    """An item is split, and gives way to its parts by itself."""
    source = desk.publish(_item(110))
    parts = [{"code": f"LOADPART{number}", "name": f"部分{number}"} for number in (1, 2)]
    desk.write().SplitItem(item_id=source, parts=parts)
    ids = [_listed(desk, part["code"]) for part in parts]
    for id in ids:
        desk.approve(id)
    until(lambda: list(desk.shown(source).successors) == ids)


def merge(desk: Desk) -> None:
    """Two items give way to one."""
    sources = [desk.publish(_item(number)) for number in (120, 121)]
    into = desk.write().MergeItems(item_ids=sources, into={"code": "LOADMERGED", "name": "合并后的事项"}).id
    desk.approve(into)
    until(lambda: all(list(desk.shown(id).successors) == [into] for id in sources))


def standard(desk: Desk, city: Desk) -> None:
    """A city publishes a standard twice; a county's item takes it over, another one when it is resumed."""
    open, halted = (desk.publish(_item(number, base_code=BASE)) for number in (130, 131))
    desk.write().SuspendItem(item_id=halted, reason="停办")
    for conditions in ("全市统一", "全市统一（修订）"):
        wanted = EntryDefinition(
            code=BASE,
            name="压力测试主项",
            type_code="01",
            region=CITY,
            owner_name="示范市行政审批局",
            standard=ItemDefinition(conditions=conditions),
        )
        directory = city.write("DirectoryService")
        saved = directory.SaveEntry(definition=wanted)
        city.review("DirectoryService").ReviewEntry(id=saved.id, version=saved.version)
        directory.PublishEntry(id=saved.id)
        until(lambda text=conditions: desk.shown(open).definition.conditions == text)
    desk.write().ResumeItem(item_id=halted)
    until(lambda: desk.shown(halted).definition.conditions == "全市统一（修订）")


def _listed(desk: Desk, code: str) -> str:
    """The id of the draft with this code, once it is there."""
    found: list[Message] = []

    def there() -> bool:
        found[:] = desk.write().ListDrafts(query=code).lines
        return bool(found)

    until(there)
    id: str = found[0].id  # type: ignore[attr-defined]
    return id


def until(condition: Callable[[], Any]) -> None:
    """Waits for what handlers do."""
    until_true(condition, 30, step=0.2)
