"""What an officer's desk has beside the acts on items: the list, the draft, comparison, lint, files, codes. Part of ItemService."""

from collections.abc import Iterable

import orjson

from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import (
    drafts,
    model,
    model_checks,
    model_compare,
    model_life,
    model_standard,
    store,
    store_directory,
    store_files,
    taking_over,
    views,
)
from standards import codes, item_codes, lint
from yiwang.catalog.v1 import items_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as service

LEVELS = {
    "error": pb.FINDING_LEVEL_ERROR,
    "warning": pb.FINDING_LEVEL_WARNING,
    "hint": pb.FINDING_LEVEL_HINT,
}


class ItemDesk:
    """The methods that write no item."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.items = store.items(parts.database)
        self.drafts = drafts.Drafts(self.items)

    def ListDrafts(self, request: pb.ListDraftsRequest, call: Call) -> pb.ListDraftsResponse:
        if not codes.region_valid(call.actor.region):
            return pb.ListDraftsResponse()
        self.drafts.refresh()
        asked = (request.draft_status, request.status, request.department, request.query)
        wanted = drafts.Wanted(call.actor.region, *asked)
        lines, token = self.drafts.page(wanted, request.page_token, request.page_size)
        return pb.ListDraftsResponse(lines=lines, next_page_token=token)

    def GetItemDraft(self, request: pb.GetItemDraftRequest, call: Call) -> service.Item:
        return views.draft(self.items.get(request.item_id, model_life.visible(call.actor)))

    def CompareEditions(self, request: pb.CompareEditionsRequest, call: Call) -> pb.CompareEditionsResponse:
        record = self.items.get(request.item_id, model_life.visible(call.actor))
        before = views.edition(self.items, record, getattr(request, "from")).definition
        after = (views.edition(self.items, record, request.to) if request.to else views.draft(record)).definition
        differences = [
            pb.Difference(path=one.path, before=_json(one.before), after=_json(one.after), label=one.label)
            for one in model_compare.differences(before, after)
        ]
        reductions = [pb.Reduction(**one._asdict()) for one in model_compare.reductions(before, after)]
        return pb.CompareEditionsResponse(differences=differences, reductions=reductions)

    def LintDefinition(self, request: pb.LintDefinitionRequest, call: Call) -> pb.LintDefinitionResponse:
        definition, owned = request.definition, dict[str, str]()
        refusing, missed = list[Violation](), list[pb.Finding]()
        if standard := store_directory.standard_of(self.database, definition):
            owned = model_standard.owned(standard.entry)
            refusing = model_standard.violations(standard.entry, definition)
            missed = self._missed(definition, standard, call)
            definition = model_standard.merge(standard.entry, definition)
        # What would refuse it stands first: it could not even be saved. What the standard fills in is no fault of who left it out.
        findings = [
            pb.Finding(
                rule=one.reason,
                level=pb.FINDING_LEVEL_ERROR,
                field=one.field.removeprefix("definition."),
                message=one.message,
            )
            for one in (*model_checks.faults(definition), *refusing, *self._no_duty(definition))
        ]
        found = _findings(lint.findings(definition))
        return pb.LintDefinitionResponse(findings=[*findings, *_with(found, missed)], owned=owned)

    def _no_duty(self, definition: service.ItemDefinition) -> list[Violation]:
        return model.no_duty(store_directory.no_duties(self.database, definition.duty_codes))

    def _missed(
        self, definition: service.ItemDefinition, standard: store_directory.Standard, call: Call
    ) -> list[pb.Finding]:
        """What its officers should know: the edition in force could not take its standard over."""
        id, region = store.item_id(definition.code), definition.region
        if not model_life.covers(call.actor, region):
            return []
        why = taking_over.behind(self.database, id, region, standard)
        message = f"在用版本与{standard.entry.owner_name}统一规定的现行标准不一致：{why}"
        hint = "系统会自动重试；仍不一致的，请修改后重新保存、审核、发布"
        warning = pb.FINDING_LEVEL_WARNING
        told = pb.Finding(rule="STANDARD_MISSED", level=warning, field="base_code", message=message, hint=hint)
        return [told] if why else []

    def UploadGuideFile(self, request: pb.UploadGuideFileRequest, call: Call) -> service.GuideFile:
        if len(request.content) > store_files.MOST_BYTES:
            raise invalid(Violation("content", "FILE_TOO_LARGE", "文件超过5MB"))
        type = store_files.media_type(request.content)
        if type is None:
            raise invalid(Violation("content", "FILE_TYPE", "只接受PDF、PNG、JPG、DOCX、XLSX文件"))
        id = store_files.put(self.database, request.name, type, request.content)
        return service.GuideFile(name=request.name, id=id)

    def ProposeCode(self, request: pb.ProposeCodeRequest, call: Call) -> pb.ProposeCodeResponse:
        implementation, taken = item_codes.normal_code(request.implementation_code), list[str]()
        try:
            while store.known_codes(self.items, [code := item_codes.next_handling(implementation, taken)]):
                taken.append(code)
        except item_codes.CodesUsedUp:
            message = "该实施清单的办理项编码已用完"
            raise Refused(FAILED_PRECONDITION, "CODES_USED_UP", message) from None
        except ValueError:
            raise invalid(Violation("implementation_code", "MALFORMED", "不是31位实施编码")) from None
        return pb.ProposeCodeResponse(code=code)

    def require_files(self, definition: service.ItemDefinition) -> None:
        """INVALID_ARGUMENT FILE_UNKNOWN for a form or sample that names a file nobody uploaded."""
        found = [
            Violation(f"definition.{path}.id", "FILE_UNKNOWN", "找不到上传的文件，请重新上传")
            for path, file in _files(definition)
            if file.id and not store_files.has(self.database, file.id)
        ]
        if found:
            raise invalid(*found)


def _files(definition: service.ItemDefinition) -> Iterable[tuple[str, service.GuideFile]]:
    for position, material in enumerate(definition.materials):
        yield f"materials[{position}].blank_form", material.blank_form
        yield f"materials[{position}].sample", material.sample
    for position, result in enumerate(definition.results):
        yield f"results[{position}].sample", result.sample


def _findings(found: Iterable[lint.Finding]) -> list[pb.Finding]:
    return [
        pb.Finding(rule=one.rule, level=LEVELS[one.level], field=one.field, message=one.message, hint=one.hint)
        for one in found
    ]


def _with(found: list[pb.Finding], more: list[pb.Finding]) -> list[pb.Finding]:
    """Further warnings behind the errors."""
    errors = [one for one in found if one.level == pb.FINDING_LEVEL_ERROR]
    return [*errors, *more, *(one for one in found if one.level != pb.FINDING_LEVEL_ERROR)]


def _json(value: object) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
