"""What each document of a case says. Pure: the case as it stood after the entry, and what was sealed, opened by the caller.

Articles are those of 行政许可法 (2019). For items that are no administrative licence it is followed, not applied.
"""

from collections.abc import Callable, Mapping

from services.case import timeline
from services.case.documents_words import (
    PROVISIONAL,
    Block,
    Facts,
    Quote,
    Sheet,
    Table,
    by,
    day,
    is_licence,
    limit,
    minute,
    remedies,
    rows,
    said,
    until,
)
from standards.instants import instant
from yiwang.case.v1 import documents_pb2 as pb
from yiwang.case.v1 import service_pb2 as case_pb

# Facts of a form that say who applies.
NAMES = ("applicant.name", "company.name")


def sheet(facts: Facts) -> Sheet:
    """The document in words."""
    kind, name, authority = facts.made.kind.kind, _applicant(facts), facts.case.department_name
    promised = kind == pb.DOCUMENT_KIND_COMMITMENT
    return Sheet(
        title=facts.made.title,
        number=facts.made.number,
        authority=authority,
        addressee=authority if promised else name,
        body=_BODIES[kind](facts),
        signed_by=name if promised else authority,
        day=day(facts.made.made_at),
        by_applicant=promised,
        by_hand=promised or kind == pb.DOCUMENT_KIND_DELIVERY,
        erased=facts.form is None,
    )


def _applicant(facts: Facts) -> str:
    """Who applied, as the form says; empty where it does not, or not any more."""
    form = facts.form or {}
    keys = [field.key for fact in NAMES for field in facts.item.form_fields if field.fact == fact]
    return next((form[key] for key in keys if form.get(key)), "")


def _receipt(facts: Facts) -> list[Block]:
    case, names = facts.case, {one.key: one.name for one in facts.item.materials}
    table = [
        (str(number), names.get(file.material, file.material), f"{file.size:,}", file.sha256)
        for number, file in enumerate(case.files, 1)
    ]
    waived = "、".join(names.get(one.material, one.material) for one in case.stood_for)
    deferred = "、".join(names.get(key, key) for key in case.deferred)
    body: list[Block] = [
        f"你（单位）办理“{case.item_name}”的申请及下列材料，本机关已于{minute(facts.made.made_at)}收到。"
    ]
    body += (
        [Table(("序号", "材料名称", "字节数", "文件摘要（SHA-256）"), table)] if table else ["本次申请未提交材料文件。"]
    )
    body += rows(("全部材料的摘要", case.receipt_digest), ("免予提交", waived), ("容缺后补", deferred))
    if case.accept_due:
        told = f"本机关将于{until(case.accept_due)}告知是否受理；材料不齐全或者不符合法定形式的，一次性告知需要补正的全部内容。"
        body.append(f"{by(facts, '第三十二条')}，{told}逾期不告知的，自收到申请材料之日起即为受理。")
    body.append("本凭证只证明收到上述材料，不表示申请已经受理。")
    return body


def _correction(facts: Facts) -> list[Block]:
    names = {one.key: one.name for one in facts.item.materials}
    asked = [f"{number}．{names.get(key, key)}" for number, key in enumerate(facts.event.materials, 1)]
    opening = f"你（单位）于{day(facts.case.submitted_at)}提出的“{facts.case.item_name}”申请，申请材料不齐全或者不符合法定形式。"
    due = until(instant(facts.event.answer_due))
    return [
        f"{opening}{by(facts, '第三十二条第一款第四项')}，现一次性告知需要补正的全部内容如下：",
        *asked,
        *said(facts, "补正要求", facts.event.sealed_notice),
        f"请于{due}补正；逾期未补正的，本次申请终止，可以重新申请。" if due else "请及时补正。",
        "除本告知书所列内容外，本机关不再另行要求补正。",
    ]


def _acceptance(facts: Facts) -> list[Block]:
    case, event = facts.case, facts.event
    if event.deemed:
        late = (
            "自收到补正材料之日起五个工作日内未决定是否受理"
            if case.corrected_at
            else "自收到申请材料之日起五个工作日内未告知补正"
        )
        how = f"{late}。{by(facts, '第三十二条第一款第四项')}，"
        how += f"自{day(case.accepted_at)}起即为受理。"
    else:
        checked = "你（单位）的材料已通过网上预审且未作变更，" if event.pre_reviewed else "经审查，"
        how = f"{checked}申请属于本机关职权范围，材料齐全、符合法定形式。{by(facts, '第三十二条第一款第五项')}，予以受理。"
    body: list[Block] = [f"你（单位）于{day(case.submitted_at)}提出的“{case.item_name}”申请，{how}"]
    body += rows(
        ("受理日期", day(case.accepted_at)),
        ("承诺时限", limit(case.promised)),
        ("承诺办结日期", day(case.promised_due)),
        ("法定时限", limit(case.statutory)),
        ("法定届满日期", day(case.statutory_due)),
        ("容缺材料补交期限", day(case.deferred_due)),
    )
    body.append(
        "期限自受理次日起算。依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在期限内，由本机关另行书面告知。"
    )
    return [*body, PROVISIONAL] if case.provisional else body


def _not_accepted(facts: Facts) -> list[Block]:
    case, event = facts.case, facts.event
    # CaseRefused has no such field: it is what is incomplete or not in due form.
    kind = getattr(event, "not_needed", None)
    article, why = {
        None: ("第三十二条", "本机关决定不予受理。"),
        True: ("第三十二条第一款第一项", "该事项依法不需要取得许可，本机关不受理。"),
        False: ("第三十二条第一款第二项", "该事项依法不属于本机关职权范围，本机关决定不予受理，请向有关行政机关申请。"),
    }[kind]
    return [
        f"你（单位）于{day(case.submitted_at)}提出的“{case.item_name}”申请，{by(facts, article)}，{why}",
        *said(facts, "理由", event.sealed_reason),
        remedies("告知" if kind else "通知"),
    ]


def _procedure(facts: Facts) -> list[Block]:
    case, event = facts.case, facts.event
    what = timeline.procedure_words(event.kind)
    until = day(instant(event.expected_until))
    pauses = "所需时间不计算在办理期限内。" if event.pauses else "所需时间计算在办理期限内。"
    return [
        f"你（单位）办理“{case.item_name}”的申请（{day(case.accepted_at)}受理），依法需要进行{what}。"
        f"{by(facts, '第四十五条')}，现将所需时间书面告知如下：",
        *rows(("程序", what), ("开始日期", day(facts.made.made_at)), ("预计结束日期", until)),
        *said(facts, "说明", event.sealed_notice),
        pauses,
    ]


def _extension(facts: Facts) -> list[Block]:
    case, event = facts.case, facts.event
    return [
        f"你（单位）办理“{case.item_name}”的申请（{day(case.accepted_at)}受理），不能在规定期限内作出决定。"
        f"{by(facts, '第四十二条')}，经本机关负责人批准，办理期限延长{event.days}个工作日。",
        *said(facts, "延长期限的理由", event.sealed_reason),
        *rows(("延长后的承诺办结日期", day(case.promised_due)), ("延长后的法定届满日期", day(case.statutory_due))),
        *([PROVISIONAL] if case.provisional else []),
    ]


# What an unusual decision rests on.
_GROUNDS: Mapping[int, str] = {
    case_pb.DECISION_KIND_AUTOMATIC: "本决定由系统依照公布的规则自动审查作出。",
    case_pb.DECISION_KIND_COMMITMENT: "本决定以申请人的书面承诺为依据，本机关将于{verify}核查；承诺不实的，依法撤销。",
    case_pb.DECISION_KIND_DEFERRED: "容缺材料应当于{deferred}补交。",
    case_pb.DECISION_KIND_ON_SITE: "本决定根据当日现场勘验的结果作出。",
    case_pb.DECISION_KIND_PUSHED: "本决定由本机关业务系统作出。",
}


def _verdict(facts: Facts, granted: bool) -> str:
    if facts.case.decision_kind == case_pb.DECISION_KIND_DEEMED:
        return f"有效期届满前未作出决定，{by(facts, '第五十条第二款')}，视为准予延续。"
    what = "许可" if is_licence(facts.item) else "办理"
    if granted:
        return f"经审查，申请符合法定条件、标准。{by(facts, '第三十八条第一款')}，本机关决定准予{what}。"
    return f"经审查，申请不符合法定条件、标准。{by(facts, '第三十八条第二款')}，本机关决定不予{what}。"


def _decision(facts: Facts) -> list[Block]:
    case, granted = facts.case, facts.event.granted
    opening = f"你（单位）于{day(case.submitted_at)}提出的“{case.item_name}”申请，"
    opening += f"本机关于{day(case.accepted_at)}受理。" if case.accepted_at else ""
    body: list[Block] = [opening + _verdict(facts, granted)]
    body += said(facts, "理由" if not granted else "说明", facts.event.sealed_reason)
    ground = _GROUNDS.get(case.decision_kind, "")
    body += [ground.format(verify=until(case.verify_due), deferred=until(case.deferred_due))] if ground else []
    if granted:
        body += rows(("结果文书", case.result_name), ("颁发送达期限", day(case.deliver_due)))
    return [*body, remedies("决定")]


def _revocation(facts: Facts) -> list[Block]:
    case = facts.case
    taken_back = next((one for one in reversed(facts.earlier) if one.kind.kind == pb.DOCUMENT_KIND_DECISION), None)
    about = f"（{taken_back.title}，编号{taken_back.number}，{day(taken_back.made_at)}）" if taken_back else ""
    why = "经核查，申请人的承诺不实且未按期改正。" if facts.event.promise_broken else ""
    return [
        f"{why}本机关就“{case.item_name}”作出的准予决定{about}，现{by(facts, '第六十九条')}予以撤销。",
        *rows(("撤销的结果文书", case.result_name), ("文书编号", case.result_number)),
        *said(facts, "理由", facts.event.sealed_reason),
        remedies("决定"),
    ]


WAYS: Mapping[int, str] = {
    case_pb.DELIVERY_WAY_PICK_UP: "窗口领取",
    case_pb.DELIVERY_WAY_EXPRESS: "快递送达",
    case_pb.DELIVERY_WAY_ELECTRONIC: "电子送达",
}


def _delivery(facts: Facts) -> list[Block]:
    case, event = facts.case, facts.event
    decision = next((one for one in reversed(facts.earlier) if one.kind.kind == pb.DOCUMENT_KIND_DECISION), None)
    return [
        f"{by(facts, '第四十四条')}，办理“{case.item_name}”的下列文书已经送达。",
        *rows(
            ("决定书编号", decision.number if decision else ""),
            ("送达文书", case.result_name),
            ("文书编号", case.result_number),
            ("送达方式", WAYS.get(event.way, "")),
            ("快递单号", case.tracking_number if event.way == case_pb.DELIVERY_WAY_EXPRESS else ""),
            ("送达时间", minute(facts.made.made_at)),
        ),
        *said(facts, "代收人", event.sealed_taker),
    ]


def _commitment(facts: Facts) -> list[Block]:
    case, promise = facts.case, facts.event.promise
    names = {one.key: one.name for one in facts.item.materials}
    covers = "、".join(names.get(key, key) for key in promise.materials) or "本事项的全部办理条件"
    return [
        f"本人（单位）申请办理“{case.item_name}”，已知晓办理条件和不实承诺的责任，自愿采用告知承诺方式，并承诺如下：",
        Quote("承诺内容", facts.item.handling.commitment_text),
        *rows(
            ("承诺事项", covers),
            ("作出时间", minute(facts.made.made_at)),
            ("承诺文本摘要", promise.text_digest),
        ),
        "本承诺随申请一并提交，经本平台登录账号确认作出。",
    ]


_BODIES: Mapping[int, Callable[[Facts], list[Block]]] = {
    pb.DOCUMENT_KIND_RECEIPT: _receipt,
    pb.DOCUMENT_KIND_CORRECTION: _correction,
    pb.DOCUMENT_KIND_ACCEPTANCE: _acceptance,
    pb.DOCUMENT_KIND_NOT_ACCEPTED: _not_accepted,
    pb.DOCUMENT_KIND_PROCEDURE: _procedure,
    pb.DOCUMENT_KIND_EXTENSION: _extension,
    pb.DOCUMENT_KIND_DECISION: _decision,
    pb.DOCUMENT_KIND_REVOCATION: _revocation,
    pb.DOCUMENT_KIND_DELIVERY: _delivery,
    pb.DOCUMENT_KIND_COMMITMENT: _commitment,
}
