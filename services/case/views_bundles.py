"""A parent (一件事) as its reader may see it. Sealed texts are opened here and nowhere else."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis.acts import MACHINE, OFFICER, Actor, acting_id
from chassis.records import Record
from chassis.sealed import Keyring
from services.case import (
    masking,
    model,
    model_bundles,
    model_bundles_course,
    model_deadlines,
    model_seeing,
    views,
    views_parts,
)
from services.case.model import Case
from services.case.model_bundles import Branch, Bundle
from services.case.timeline import time_text
from standards.themes_parts import OWN
from yiwang.case.v1 import bundles_pb2 as pb
from yiwang.case.v1 import service_pb2
from yiwang.catalog.v1 import service_pb2 as catalog

Cases = Mapping[str, Case]
"""The cases of a parent, by key."""

STATUSES: Final[Mapping[int, str]] = {
    model_bundles.RUNNING: "办理中",
    model_bundles.PARTLY_DONE: "部分办结",
    model_bundles.DONE: "全部办结",
    model_bundles.FAILED: "未办成",
    model_bundles.WITHDRAWN: "已撤回",
}
BRANCHES: Final[Mapping[int, str]] = {
    pb.BRANCH_STATUS_WAITING: "等待办理",
    pb.BRANCH_STATUS_BLOCKED: "暂不能办理",
    pb.BRANCH_STATUS_OPEN: "办理中",
    pb.BRANCH_STATUS_WELL: "已准予",
    pb.BRANCH_STATUS_FAILED: "未办成",
    pb.BRANCH_STATUS_GIVEN_UP: "不再办理",
    pb.BRANCH_STATUS_OUTSIDE: "在本平台以外办理",
    pb.BRANCH_STATUS_NOT_PART: "不涉及",
}
FAULTS: Final[Mapping[str, str]] = {
    "ITEM_SUSPENDED": "该事项已暂停受理，恢复后自动办理",
    "ITEM_WITHDRAWN": "该事项已取消，可以终止这一事项",
    "LEVEL_TOO_LOW": "该事项现在要求更高的实名等级",
    "NOT_ONLINE": "该事项现在不支持网上申请，请到窗口办理",
    model_bundles.BROKEN: "前序事项未办成，不再办理",
    model_bundles.GIVEN_UP: "已终止",
    model_bundles.TAKEN_BACK: "申请已撤回",
    model_bundles.ERASED: "申请人的个人信息已删除",
}
CHANGED: Final = "该事项的要求已变更，原提交的内容不再适用"


class Line(NamedTuple):
    """How an event reads: its title, and whether it is of a branch."""

    title: str
    of_branch: bool = False


TIMELINE: Final[Mapping[str, Line]] = {
    "BundleSubmitted": Line("提交申请"),
    "BundleChildOpened": Line("开始办理", True),
    "BundleChildBlocked": Line("暂不能办理", True),
    "BundleChildMoved": Line("有了结果", True),
    "BundleChildGivenUp": Line("不再办理", True),
    "BundleWithdrawn": Line("撤回申请"),
    "BundleStageClosed": Line("阶段办结"),
    "BundleEnded": Line("全程结束"),
}


def brief(record: Record[Bundle], cases: Cases, actor: Actor, now: datetime) -> pb.Bundle:
    """A line of a list: its branches, but no form, no files and no timeline."""
    bundle, taking_part = record.state, model_bundles.parts(record.state)
    view = pb.Bundle(
        id=record.id,
        version=record.version,
        number=bundle.number,
        status=bundle.status,  # type: ignore[arg-type]
        status_title=STATUSES[bundle.status],
        theme_id=bundle.theme_id,
        edition=bundle.edition,
        theme_code=bundle.theme_code,
        theme_name=bundle.theme_title,
        department=bundle.department,
        department_name=bundle.department_name,
        region=bundle.region,
        project_code=bundle.project_code,
        channel=bundle.channel,  # type: ignore[arg-type]
        applicant_id=bundle.applicant_id,
        submitted_at=time_text(bundle.submitted_at),
        promised_due=time_text(bundle.promised_due),
        ended_at=time_text(bundle.ended_at),
        withdrawn=bundle.withdrawn,
        branches=[_branch(one, bundle, cases, actor, now) for one in bundle.branches],
        total=len(taking_part),
        well=sum(one.well for one in taking_part),
        partial_results=bundle.partial_results,
        delivery=bundle.delivery,  # type: ignore[arg-type]
        receipt_digest=bundle.receipt_digest,
        moves=model_bundles_course.moves(bundle, actor),
    )
    for stage in model_bundles.stages(bundle):
        closed = stage.name in bundle.stages_closed
        view.stages.add(name=stage.name, keys=stage.keys, closed=closed, broken=stage.broken)
    view.longest = _longest(bundle, cases)
    view.waits_for = _waits_for(bundle, cases, view.longest)
    return view


def full(
    record: Record[Bundle],
    cases: Cases,
    items: Mapping[str, catalog.ItemDefinition],
    actor: Actor,
    keyring: Keyring,
    now: datetime,
) -> pb.Bundle:
    """The whole of it, opened for its reader: in clear for the applicant's side, masked for others, and of the form and the files as much
    as is his. `items` are the definitions it was filled in by, by key, the theme's own among them."""
    bundle, view = record.state, brief(record, cases, actor, now)
    form = keyring.open(bundle.applicant_id, bundle.sealed_form)
    shares = keyring.open(bundle.applicant_id, bundle.sealed_shares) or {}
    view.erased = form is None
    shown = {key: shares[key] for key in model_bundles.filled_for(actor, bundle) if key in shares}
    view.answers.extend(_answers(shown, items, form or {}, actor))
    view.materials.extend(_materials(bundle, shown, items, actor, keyring))
    names = {one.key: one.item_name for one in bundle.branches}
    view.timeline.extend(_entry(entry, bundle, names, actor, keyring) for entry in record.journal)
    view.agent_name = keyring.open_text(bundle.agent.partition(":")[2], bundle.sealed_agent_name)
    return view


def file_shown(bundle: Bundle, attachment_id: str, actor: Actor, keyring: Keyring) -> bool:
    """Whether the reader may have this file: his own, the lead's, or of a branch of his department."""
    shares = keyring.open(bundle.applicant_id, bundle.sealed_shares) or {}
    mine = {
        here
        for key in model_bundles.filled_for(actor, bundle)
        if key in shares
        for here in shares[key]["materials"].values()
    }
    return any(one.attachment_id == attachment_id and one.material in mine for one in bundle.files)


def _branch(branch: Branch, bundle: Bundle, cases: Cases, actor: Actor, now: datetime) -> pb.BundleBranch:
    status = model_bundles.status_of(branch)
    view = pb.BundleBranch(
        key=branch.key,
        name=branch.item_name,
        status=status,  # type: ignore[arg-type]
        status_title=BRANCHES[status],
        item_id=branch.item_id,
        department=branch.department,
        department_name=branch.department_name,
        stage=branch.stage,
        waits_for=model_bundles.waits_for(bundle, branch) if branch.applies and branch.item_id else (),
        fault=branch.fault,
        fault_title=FAULTS.get(branch.fault, CHANGED) if branch.fault else "",
    )
    if case := cases.get(branch.key):
        _tell_case(view, case, bundle, actor, now)
    return view


def _tell_case(view: pb.BundleBranch, case: Case, bundle: Bundle, actor: Actor, now: datetime) -> None:
    view.case_id, view.case_number = case.id, case.number
    view.case_status, view.case_status_title = case.status, views_parts.STATUSES[case.status]  # type: ignore[assignment]
    view.accepted_at = time_text(case.accepted_at)
    view.promised_due, view.statutory_due = time_text(case.promised_due), time_text(case.statutory_due)
    view.light = model_deadlines.light(case, now)  # type: ignore[assignment]
    view.fees_owed = model.owed(case)
    given = bundle.partial_results or bundle.status != model_bundles.RUNNING
    if case.result_number and (given or (model_seeing.sees(actor, case) and actor.realm == OFFICER)):
        view.result_name, view.result_number = case.result_name, case.result_number


def _longest(bundle: Bundle, cases: Cases) -> str:
    open_ = [one.key for one in model_bundles.parts(bundle) if not one.ended and one.key in cases]
    dues = {key: due for key in open_ if (due := cases[key].promised_due)}
    return max(dues, key=lambda key: dues[key]) if dues else ""


def _waits_for(bundle: Bundle, cases: Cases, longest: str) -> str:
    """What the whole waits for, in words."""
    if bundle.status != model_bundles.RUNNING:
        return ""
    by_status: dict[int, list[str]] = {}
    for one in model_bundles.parts(bundle):
        by_status.setdefault(model_bundles.status_of(one), []).append(one.item_name)
    if blocked := by_status.get(pb.BRANCH_STATUS_BLOCKED):
        return f"“{'”“'.join(blocked)}”暂不能办理"
    if open_ := by_status.get(pb.BRANCH_STATUS_OPEN):
        last = next((one.item_name for one in bundle.branches if one.key == longest), "")
        return f"{len(open_)}个事项办理中" + (f"，时限最晚的是“{last}”" if last else "")
    if by_status.get(pb.BRANCH_STATUS_WAITING):
        return "即将开始办理下一批事项"
    return "各事项已作出决定，等待办结"


def _answers(
    shown: Mapping[str, Any], items: Mapping[str, catalog.ItemDefinition], form: Mapping[str, str], actor: Actor
) -> Iterable[service_pb2.Answer]:
    """The merged form as far as it is filled for these branches, each field once, by its merged key."""
    told = set[str]()
    for key, share in shown.items():
        fields = {one.key: one for one in items[key].form_fields} if key in items else {}
        for own, here in share["form"].items():
            if here not in told and here in form and own in fields:
                told.add(here)
                yield _answer(fields[own], here, form[here], actor)


def _answer(field: catalog.FormField, key: str, value: str, actor: Actor) -> service_pb2.Answer:
    merged = catalog.FormField()
    merged.CopyFrom(field)
    merged.key = key
    shown = value if model_seeing.reads_clear(actor) else masking.masked_answer(field.kind, value)
    return service_pb2.Answer(field=merged, value=shown, masked=shown != value)


def _materials(
    bundle: Bundle,
    shown: Mapping[str, Any],
    items: Mapping[str, catalog.ItemDefinition],
    actor: Actor,
    keyring: Keyring,
) -> list[pb.BundleMaterial]:
    found: dict[str, pb.BundleMaterial] = {}
    for key, share in shown.items():
        names = {one.key: one.name for one in items[key].materials} if key in items else {}
        for own, here in share["materials"].items():
            line = found.setdefault(here, pb.BundleMaterial(key=here, name=names.get(own, "")))
            line.branches.append(key)
    for here, line in found.items():
        files = [one for one in bundle.files if one.material == here]
        line.attachments.extend(views.attachment(one, bundle.applicant_id, actor, keyring) for one in files)
    return list(found.values())


def _entry(
    entry: Mapping[str, Any], bundle: Bundle, names: Mapping[str, str], actor: Actor, keyring: Keyring
) -> service_pb2.TimelineEntry:
    line, data = TIMELINE[entry["type"]], entry["data"]
    of = names.get(data.get("key", ""), "") if line.of_branch else data.get("stage", "")
    text = keyring.open_text(bundle.applicant_id, data.get("sealedReason", ""))
    fault = data.get("fault", "")
    why = text or (FAULTS.get(fault, CHANGED) if fault else "")
    return service_pb2.TimelineEntry(
        seq=entry["seq"],
        type=entry["type"],
        at=time_text(entry["at"]),
        title=f"{line.title}：{of}" if of else line.title,
        text=why if model_seeing.reads_clear(actor) else masking.masked_text(why),
        by=entry["by"] if actor.realm in (OFFICER, MACHINE) else "",
        agent_name=keyring.open_text(acting_id(entry["by"]), data.get("sealedAgentName", "")),
    )


def definitions(
    theme: catalog.ItemDefinition, by_key: Mapping[str, catalog.ItemDefinition]
) -> dict[str, catalog.ItemDefinition]:
    """What fields and materials are called, by branch, the theme's own among them."""
    return {OWN: theme, **by_key}
