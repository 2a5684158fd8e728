"""Rules L171 to L189 of the guide lint: who comes where and how, and the texts of the guide. Each yields (field, what is wrong)."""

import re
from collections.abc import Iterator
from typing import Final

from standards import codes
from standards.lint_words import (
    PLACEHOLDER_NUMBERS,
    Item,
    Spot,
    filled,
    limits_in,
    objects,
    says_nothing,
    shown,
)
from yiwang.catalog.v1 import service_pb2 as pb

_IN_PERSON = re.compile(
    r"(?:须|需|应|必须|要求?|请)[^，。；]{0,8}(?:到场|到现场|当面|亲自|面签|亲笔)|双方(?:当事人|申请人)?[^，。；]{0,10}(?:到场|到现场|共同到|亲自)|面签|当面(?:签|核|提|办)"
    r"|需?现场核(?:实|验)|现场采集|采集(?:指纹|人像)|本人(?:须|需|应|必须)?(?:亲自)?(?:到|持)[^，。；]{0,10}(?:窗口|大厅|现场|办理)"
)
_NOT_IN_PERSON = re.compile(r"(?:无需|不需|不用|无须|不必|免)[^，。；]{0,10}(?:到场|到现场|当面|面签|现场)|最多跑|零跑")
_COMMITMENT = re.compile(r"告知承诺")
_NOT_COMMITMENT = re.compile(r"(?:不|非|未)(?:再)?(?:适用|采用|实行|实施)[^，。；]{0,12}告知承诺|一般流程|告知承诺除外")
_RESULT_ODD = re.compile(
    r"(?:审核|审查|审批|办理|受理)?结果(?:公示|公告|反馈|通知)?$|公示$|^办结$|^(?:不?同意|不?符合条件|是否)"
)
_SEVERAL = re.compile(r"[、；;/](?=[《\w])")
_PAPERS = re.compile(r"(?:[书证照文]|文件)(?=$|[、；;/》])")
_PUSHED = re.compile(
    r"(?:接收|根据|通过)[^，。；]{0,16}推送|推送的?[^，。；]{0,16}(?:信息|数据)|(?:系统|数据)(?:自动)?触发"
)
_OTHER_PARTY = re.compile(r"被申请人|双方当事人|对方当事人|提名(?:人|单位)|推荐(?:人|单位)")
_NAME_A_FEE = re.compile(r"(?:费|费用|押金|保证金|税)(?:收取|征收|缴纳)?$")
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{2,5}(?:市|县|区)[\u4e00-\u9fff\d]{1,16}(?:路|街|大道|巷)[\u4e00-\u9fff\d]{0,8}\d{1,5}号"
)
_BARE_NUMBER = re.compile(r"\d+")
_UNLIMITED = re.compile(r"[无不][^，。]{0,4}限|没有限制")
_TEXTS: Final = (
    "conditions",
    "legal_basis",
    "result_name",
    "fee_note",
    "windows",
    "phone",
    "supervision_phone",
    "apply_by",
    "handling_office",
)
DEEP = 4
"""From 互联网受理 on, the case itself is taken online."""


def told_to_come(item: Item) -> Iterator[Spot]:
    """L171: no visit, and the words say one must come."""
    if item.visits:
        return
    for field, text in _told(item):
        found = _IN_PERSON.search(text) if text else None
        if found and not _NOT_IN_PERSON.search(text):
            yield "visits", f"到现场次数为0，而{field}写着“{shown(found[0])}”"
            return
    for material in item.materials:
        if material.kind == pb.MATERIAL_KIND_BIOMETRIC:
            yield "visits", f"到现场次数为0，而“{shown(material.name)}”须到场采集"
            return


def _told(item: Item) -> Iterator[tuple[str, str]]:
    yield "到场理由", item.visit_reason
    yield "办理地点与渠道", item.windows
    yield "受理条件", item.conditions
    for step in item.steps:
        yield f"环节“{step.name}”", f"{step.name}，{step.standard}"
    for material in item.materials:
        yield f"材料“{shown(material.name)}”", f"{material.name}，{material.note}，{material.standard}"


def channels(item: Item) -> Iterator[Spot]:
    """L172: channels that contradict the flags."""
    forms = set(item.handling_forms)
    online = forms & {pb.HANDLING_FORM_WEB, pb.HANDLING_FORM_MOBILE}
    if item.online and forms and not online:
        yield "handling_forms", "标为可网上办理，办理形式中没有电脑端或移动端"
    if not item.online and online:
        yield "online", "办理形式有电脑端或移动端，却标为不可网上办理"
    if item.visits and forms and pb.HANDLING_FORM_WINDOW not in forms and pb.HANDLING_FORM_KIOSK not in forms:
        yield "handling_forms", "须到现场办理，办理形式中没有窗口"


def depth(item: Item) -> Iterator[Spot]:
    """L173: what is done online, and whether anything is."""
    deepest = max(item.online_depths, default=0)
    if item.online and not item.online_depths:
        yield "online_depths", "可网上办理，未填写网上办理深度"
    elif item.online and all(one < DEEP or one == 8 for one in item.online_depths):
        yield "online_depths", "标为可网上办理，办理深度却没有互联网受理"
    if not item.online and DEEP <= deepest < 8:
        yield "online_depths", "办理深度达到互联网受理，却标为不可网上办理"


def no_forms(item: Item) -> Iterator[Spot]:
    """L174: by which channels."""
    if not item.handling_forms:
        yield "handling_forms", "未填写办理形式（窗口、电脑端、移动端、快递、自助终端）"


def not_at_centre(item: Item) -> Iterator[Spot]:
    """L175: not in the hall, and not told why."""
    if not item.at_service_centre and not filled(item.not_at_centre_reason):
        yield "not_at_centre_reason", "未进驻政务服务大厅，没有说明原因"
    if item.at_service_centre and filled(item.not_at_centre_reason):
        yield "not_at_centre_reason", "已进驻政务服务大厅，却填写了未进驻原因"


def commitment(item: Item) -> Iterator[Spot]:
    """L176: the flag 告知承诺 and the words."""
    words = f"{item.name}；{item.conditions}"
    if item.commitment:
        if not any("承诺" in material.name for material in item.materials):
            yield "materials", "实行告知承诺制，材料中没有告知承诺书"
    elif _COMMITMENT.search(item.name) and not _NOT_COMMITMENT.search(words):
        yield "commitment", "名称写明告知承诺，告知承诺制却为“否”"


def no_places(item: Item) -> Iterator[Spot]:
    """L177: where to go."""
    if not item.places and not filled(item.windows):
        yield "places", "未填写办理地点"


def no_hours(item: Item) -> Iterator[Spot]:
    """L178: and when."""
    for position, place in enumerate(item.places):
        if not filled(place.hours):
            yield f"places[{position}].hours", f"办理地点“{shown(place.name)}”没有办理时间"


def no_phone(item: Item) -> Iterator[Spot]:
    """L179: whom to ask, and to whom to complain."""
    if not item.phone:
        yield "phone", "未填写咨询电话"
    if not item.supervision_phone:
        yield "supervision_phone", "未填写监督投诉电话"


def placeholders(item: Item) -> Iterator[Spot]:
    """L180: texts that say nothing."""
    for field in _TEXTS:
        text = getattr(item, field)
        if text and says_nothing(text):
            yield field, f"内容是占位文字“{shown(text)}”"
    for field in ("statutory_limit", "promised_limit"):
        note = getattr(item, field).note.split("；")[0]
        if note and says_nothing(note):
            yield f"{field}.note", f"时限说明是占位文字“{shown(note)}”"
    for field in ("results", "laws", "fees", "places"):
        for position, one in enumerate(getattr(item, field)):
            text = one.title if field == "laws" else one.name
            if says_nothing(text):
                yield f"{field}[{position}]", f"内容是占位文字“{shown(text)}”"
    for position, faq in enumerate(item.faq):
        if says_nothing(faq.question) or says_nothing(faq.answer):
            yield f"faq[{position}]", "常见问题是占位文字"


def no_conditions(item: Item) -> Iterator[Spot]:
    """L181: on what conditions."""
    if not filled(item.conditions):
        yield "conditions", "没有受理条件"


def no_result(item: Item) -> Iterator[Spot]:
    """L182: what one gets."""
    if not item.results and not filled(item.result_name):
        yield "results", "没有办理结果名称"


def odd_result(item: Item) -> Iterator[Spot]:
    """L183: a result is a document or an entry, no stage of the case and no verdict."""
    for field, name in _result_names(item):
        if _RESULT_ODD.search(name) and not name.endswith(("书", "证", "表", "单", "函")):
            yield field, f"“{shown(name)}”不是结果文书的名称"


def several_results(item: Item) -> Iterator[Spot]:
    """L184: several documents in one name."""
    for field, name in _result_names(item):
        if _SEVERAL.search(name) and len(_PAPERS.findall(name)) > 1:
            yield field, f"“{shown(name)}”是几种结果文书，应逐项列出"


def _result_names(item: Item) -> Iterator[tuple[str, str]]:
    for position, result in enumerate(item.results):
        yield f"results[{position}].name", result.name
    if not item.results and item.result_name:
        yield "result_name", item.result_name


def quantity(item: Item) -> Iterator[Spot]:
    """L185: a limit of quantity that says nothing of what it counts."""
    text = item.quantity_limit.strip()
    if not text or _UNLIMITED.search(text):
        return
    if _BARE_NUMBER.fullmatch(text):
        odd = "是占位数字" if int(text[:9]) in PLACEHOLDER_NUMBERS else "没有说明数的是什么"
        yield "quantity_limit", f"数量限制“{shown(text)}”{odd}"
    elif says_nothing(text) and text != "无":
        yield "quantity_limit", f"数量限制是占位文字“{shown(text)}”"


def triggered(item: Item) -> Iterator[Spot]:
    """L186: begun by data that is pushed, not by who applies."""
    if found := _PUSHED.search(item.conditions):
        yield "conditions", f"由推送的数据触发（“{shown(found[0])}”），指南没有说明谁来申请"


def other_party(item: Item) -> Iterator[Spot]:
    """L187: two parties, a nominator: somebody else than the applicant has a part."""
    texts = [item.conditions, *(f"{material.name}；{material.note}" for material in item.materials)]
    for text in texts:
        if text and (found := _OTHER_PARTY.search(text)):
            yield "conditions", f"涉及“{found[0]}”，指南没有写明其参与的环节和权利"
            return


def foreign_address(item: Item) -> Iterator[Spot]:
    """L188: an address fixed in a text that holds for a whole province or city."""
    if not codes.region_valid(item.region) or codes.region_level(item.region) not in ("province", "city"):
        return
    texts = [("conditions", item.conditions), *((f"faq[{n}].answer", one.answer) for n, one in enumerate(item.faq))]
    texts += [(f"materials[{n}].note", one.note) for n, one in enumerate(item.materials)]
    for field, text in texts:
        if found := _ADDRESS.search(text):
            yield field, f"通用的说明里写死了一处地址“{shown(found[0])}”"


def name_is_fee(item: Item) -> Iterator[Spot]:
    """L189: an item is something done for somebody; a fee is none."""
    if _NAME_A_FEE.search(item.name.strip()):
        yield "name", f"事项名称“{shown(item.name)}”是一项收费，不是一项服务"


def source_doubts(item: Item) -> Iterator[Spot]:
    """L190: the source itself doubts."""
    if (at := item.source_note.find("存疑：")) >= 0:
        yield "source_note", f"来源记有存疑：{shown(item.source_note[at + 3 :], 60)}"


def deadline_in_words(item: Item) -> Iterator[Spot]:
    """L191: by when to apply stands among the conditions only."""
    if (
        not item.apply_by
        and (at := item.conditions.find("申请期限")) >= 0
        and limits_in(item.conditions[at : at + 200])
    ):
        yield "apply_by", "申请期限写在受理条件里，未单独填写"


def nobody_served(item: Item) -> Iterator[Spot]:
    """L192: objects in words no classification has."""
    if item.service_objects and not any(objects(item)):
        yield "service_objects", f"服务对象“{shown('、'.join(item.service_objects))}”无法归类为自然人或法人"
