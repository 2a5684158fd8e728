"""CatalogService over gRPC: what everyone may read of the items. And `build`, which makes all services of this api."""

from chassis.errors import Violation, invalid, not_found
from chassis.parts import Api, Parts
from chassis.rpc import Call
from services.catalog import instants, model, model_life, model_scenarios, store, store_files, views
from services.catalog.api_directory import DirectoryApi
from services.catalog.api_items import ItemApi
from services.catalog.api_lists import ListApi
from services.catalog.api_search import Searching
from services.catalog.api_themes import ThemeApi
from services.catalog.api_vocabulary import VocabularyApi
from standards.item_addresses import read_short_code
from yiwang.catalog.v1 import service_pb2 as pb


class CatalogApi(Searching):
    """The methods of yiwang.catalog.v1.CatalogService, by name; those that search are in `api_search`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.database = parts.database

    def GetItem(self, request: pb.GetItemRequest, call: Call) -> pb.Item:
        if request.edition and request.as_of:
            raise invalid(Violation("as_of", "NOT_WITH_EDITION", "版本与日期只能选一个"))
        record = self.items.get(request.item_id, model_life.published())
        number = request.edition or record.state.life.edition
        if instant := instants.read(request.as_of, "as_of"):
            chapter = model.in_force(record.state, instant)
            if chapter is None:
                raise not_found()
            number = chapter.edition
        return views.edition(self.items, record, number)

    def ListEditions(self, request: pb.ListEditionsRequest, call: Call) -> pb.ListEditionsResponse:
        return views.history(self.items.get(request.item_id, model_life.published()).state)

    def GuideItem(self, request: pb.GuideItemRequest, call: Call) -> pb.ScenarioGuide:
        record = self.items.get(request.item_id, model_life.published())
        shown = views.edition(self.items, record, request.edition or record.state.life.edition)
        return model_scenarios.guide(shown.definition, request, shown.edition)

    def ResolveShortCode(self, request: pb.ResolveShortCodeRequest, call: Call) -> pb.ShortCode:
        found = store.by_short_code(self.items, read_short_code(request.short_code))
        if found is None:
            raise not_found()
        item = found.state
        successors = [self._successor(id) for id in item.successors]
        return pb.ShortCode(
            item_id=found.id,
            status=item.life.status,  # type: ignore[arg-type]
            name=item.history[-1].facts.name,
            reason=item.life.reason,
            successors=successors,
        )

    def DownloadGuideFile(self, request: pb.DownloadGuideFileRequest, call: Call) -> pb.DownloadGuideFileResponse:
        found = store_files.find(self.database, request.id)
        if found is None:
            raise not_found()
        return pb.DownloadGuideFileResponse(name=found.name, type=found.type, content=found.content)

    def _successor(self, id: str) -> pb.Successor:
        return pb.Successor(item_id=id, name=store.name_of(self.items, id))


def build(parts: Parts) -> Api:
    """The api of catalog, from its parts."""
    catalog, items = CatalogApi(parts), ItemApi(parts)
    servicers = {
        "CatalogService": catalog,
        "ItemService": items,
        "DirectoryService": DirectoryApi(parts),
        "ThemeService": ThemeApi(parts),
        "ListService": ListApi(parts, catalog.index, catalog.refresh),
        "VocabularyService": VocabularyApi(parts),
    }
    return Api(servicers, polls=[catalog.refresh, items.drafts.refresh])
