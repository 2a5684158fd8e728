"""DirectoryService over gRPC: the entries of the basic directory here, the implementations in `api_implementations`."""

from chassis.errors import FAILED_PRECONDITION, PERMISSION_DENIED, Refused, Violation, invalid, require
from chassis.fields import check
from chassis.rpc import Call
from services.catalog import model_directory, model_life, store_directory, views_directory
from services.catalog.api_implementations import ImplementationApi
from services.catalog.model_directory import ENTRY
from standards import codes, item_codes
from yiwang.catalog.v1 import directory_pb2 as pb

NATIONAL = "00"


class DirectoryApi(ImplementationApi):
    """The methods of yiwang.catalog.v1.DirectoryService, by name."""

    def SaveEntry(self, request: pb.SaveEntryRequest, call: Call) -> pb.Entry:
        model_life.require_region(call.actor, request.definition.region)
        self._require_fit(request.definition)
        self._require_unowned(request.definition)
        return self.save(ENTRY, request, call)  # type: ignore[no-any-return]

    def ReviewEntry(self, request: pb.ReviewEntryRequest, call: Call) -> pb.Entry:
        return self.review(ENTRY, request, call)  # type: ignore[no-any-return]

    def ReturnEntry(self, request: pb.ReturnEntryRequest, call: Call) -> pb.Entry:
        return self.give_back(ENTRY, request, call)  # type: ignore[no-any-return]

    def PublishEntry(self, request: pb.PublishEntryRequest, call: Call) -> pb.Entry:
        return self.publish(ENTRY, request, call)  # type: ignore[no-any-return]

    def WithdrawEntry(self, request: pb.WithdrawEntryRequest, call: Call) -> pb.Entry:
        entries, visible = store_directory.entries(self.database), model_life.visible(call.actor)
        code = entries.get(request.id, visible).state.code
        require(
            not store_directory.has_subs(self.database, code), "HAS_SUB_ITEMS", "该主项下还有已发布的子项，不能取消"
        )
        return self.withdraw(ENTRY, request, call)  # type: ignore[no-any-return]

    def GetEntry(self, request: pb.GetEntryRequest, call: Call) -> pb.Entry:
        return self.published(ENTRY, request)  # type: ignore[no-any-return]

    def GetEntryDraft(self, request: pb.GetEntryDraftRequest, call: Call) -> pb.Entry:
        return self.draft(ENTRY, request, call)  # type: ignore[no-any-return]

    def ListEntries(self, request: pb.ListEntriesRequest, call: Call) -> pb.ListEntriesResponse:
        rows, token = store_directory.entries_page(self.database, request)
        found = [views_directory.published(ENTRY, row) for row in rows]
        return pb.ListEntriesResponse(entries=found, next_page_token=token)

    def ListEntryDrafts(self, request: pb.ListEntryDraftsRequest, call: Call) -> pb.ListEntriesResponse:
        found, token = self.drafts(ENTRY, request, call)
        return pb.ListEntriesResponse(entries=found, next_page_token=token)

    def ProposeEntryCode(self, request: pb.ProposeEntryCodeRequest, call: Call) -> pb.ProposeEntryCodeResponse:
        area = request.parent_code[:2] or request.area
        if area not in ("", NATIONAL, call.actor.region[:2]):
            raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "只能为国家或本省的目录编码")
        try:
            code = self._next_sub(request) if request.parent_code else self._next_main(request)
        except item_codes.CodesUsedUp:
            raise Refused(FAILED_PRECONDITION, "CODES_USED_UP", "该范围内的编码已用完") from None
        return pb.ProposeEntryCodeResponse(code=code)

    def _next_main(self, request: pb.ProposeEntryCodeRequest) -> str:
        wanted = {name: getattr(request, name) for name in ("area", "type_code", "guiding_code")}
        if missing := [Violation(name, "REQUIRED", "必填") for name, value in wanted.items() if not value]:
            raise invalid(*missing)
        given = store_directory.codes_given(self.database, request.area + request.type_code + request.guiding_code)
        return item_codes.next_main(request.area, request.type_code, request.guiding_code, given)

    def _next_sub(self, request: pb.ProposeEntryCodeRequest) -> str:
        parent = request.parent_code
        try:
            return item_codes.next_sub(parent, store_directory.codes_given(self.database, parent[:9]))
        except item_codes.CodesUsedUp:
            raise
        except ValueError:
            raise invalid(Violation("parent_code", "NOT_MAIN", "不是主项的编码")) from None

    def _require_unowned(self, definition: pb.EntryDefinition) -> None:
        """PERMISSION_DENIED CODE_OWNED for a county's entry with a code that a region above gives its standard to: it would be the nearer
        one, and a way around 服务同源. A city may be nearer than its province."""
        if codes.region_level(definition.region) in ("province", "city"):
            return
        own = store_directory.entry_id(definition.code)
        for path, code in (("code", definition.code), *(("former_codes", code) for code in definition.former_codes)):
            above = store_directory.standard_for(self.database, code, definition.region)
            if above and above.id != own and above.entry.region != definition.region:
                told = f"编码 {code} 已由{above.entry.owner_name}统一规定，本级不能另立目录项"
                field = Violation(f"definition.{path}", "CODE_OWNED", told)
                raise Refused(PERMISSION_DENIED, "CODE_OWNED", told, (field,))

    def _require_fit(self, definition: pb.EntryDefinition) -> None:
        """INVALID_ARGUMENT for a standard that breaks the field rules of an item, or a parent that is no main item."""
        if definition.HasField("standard"):
            try:
                check(model_directory.as_item(definition))
            except Refused as refused:
                told = (
                    Violation(f"definition.standard.{one.field}", one.reason, one.message) for one in refused.violations
                )
                raise invalid(*told) from None
        if definition.parent_code:
            parent = store_directory.entries(self.database).find(
                {"_id": store_directory.entry_id(definition.parent_code)}
            )
            if fault := model_directory.parent_fault(parent.state if parent else None):
                raise invalid(Violation(f"definition.{fault.field}", fault.reason, fault.message))
