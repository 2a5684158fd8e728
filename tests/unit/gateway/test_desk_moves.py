"""The forms of an officer's moves: one for every move of the table, and what is typed into them becomes the request."""

from typing import Any

import pytest

from chassis.acts import OFFICER
from services.case import model_moves
from services.gateway import desk_words
from services.gateway.desk_moves import MOVES, offered
from tests.unit.gateway.told import CASE, FILE, Services, Site, a_case, refuse
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import officers_pb2 as officers

OTHER = officers.Department(uscc="11990121MB0000001K", name="示范县卫生健康局")
CHOSEN = f"{OTHER.uscc} {OTHER.name}"


def a_full_case(*moves: str) -> cases.Case:
    """A case that has something to choose for every move."""
    case = a_case(cases.CASE_STATUS_IN_REVIEW, *moves)
    case.procedures.add(number=3, title="专家评审")
    case.procedures.add(number=2, title="听证", ended_at="2026-03-06T06:07:00Z")
    case.stood_for.add(material="m1", waiver=catalog.WAIVER_LICENCE, manual=True)
    case.receipt_digest = "ab" * 32
    case.fees.add(name="工本费", amount=500)
    case.fees.add(name="检测费", open=True)
    return case


# What is typed, and which fields the request then has.
TYPED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "take-over": ({"receipt_digest": "ab" * 32}, {"receipt_digest": "ab" * 32}),
    "hand-over": ({"receipt_digest": "ab" * 32}, {"receipt_digest": "ab" * 32}),
    "pre-reject": ({"materials": ["m1"], "reason": "看不清"}, {"materials": ["m1"], "reason": "看不清"}),
    "pass": ({"opinion": "同意"}, {"opinion": "同意"}),
    "correction": ({"materials": ["m1"], "notice": "请补"}, {"materials": ["m1"], "notice": "请补"}),
    "refuse": ({"reason": "不符"}, {"reason": "不符"}),
    "not-accept": ({"not_needed": "no", "reason": "应向市局申请"}, {"not_needed": False, "reason": "应向市局申请"}),
    "decide": ({"granted": "yes"}, {"granted": True, "reason": ""}),
    "check-licence": (
        {"material": "m1", "holds": "yes", "note": "已在发证系统查到"},
        {"material": "m1", "holds": True, "note": "已在发证系统查到"},
    ),
    "special": (
        {"kind": "8", "expected_until": "2026-12-31", "notice": "组织评审"},
        {"kind": 8, "expected_until": "2026-12-31T23:59:59+08:00", "notice": "组织评审"},
    ),
    "end-special": ({"number": "3", "outcome": "通过"}, {"number": 3, "outcome": "通过"}),
    "extend": ({"days": "10", "reason": "情况复杂"}, {"days": 10, "reason": "情况复杂"}),
    "approve-extension": ({}, {"reason": ""}),
    "decline-extension": ({"reason": "不必延长"}, {"reason": "不必延长"}),
    "opinion": (
        {"department": CHOSEN, "question": "是否同意", "days": "5"},
        {"department": OTHER.uscc, "department_name": OTHER.name, "question": "是否同意", "days": 5},
    ),
    "give-opinion": ({"agrees": "no", "text": "不符合规划"}, {"agrees": False, "text": "不符合规划"}),
    "reschedule": ({"reason": "道路施工"}, {"reason": "道路施工"}),
    "sign": (
        {"passed": "yes", "findings": "符合", "at": "2026-03-05T14:07", "place": "示范路", "signature": "测试官乙"},
        {"passed": True, "findings": "符合", "at": "2026-03-05T14:07:00+08:00", "place": "示范路", "signature": "测试官乙", "evidence": []},
    ),
    "fees": ({"fees.1": "0"}, {}),
    "paid": ({"receipt_number": "JK-0001"}, {"receipt_number": "JK-0001"}),
    "issue": ({"result_number": "证 1"}, {"result_number": "证 1"}),
    "dispatch": ({"tracking_number": "SF1234567"}, {"tracking_number": "SF1234567"}),
    "deliver": ({"taker": "李四"}, {"taker": "李四"}),
    "transfer": (
        {"to_department": "11990100000000001X", "to_department_name": "示范市局", "reason": "权限在市级"},
        {"to_department": "11990100000000001X", "to_department_name": "示范市局", "reason": "权限在市级"},
    ),
    "void": ({"reason": "重复收件"}, {"reason": "重复收件"}),
    "verify-promise": ({"kept": "yes", "finding": "一致"}, {"kept": True, "finding": "一致"}),
    "revoke": ({"reason": "欺骗取得"}, {"reason": "欺骗取得"}),
    "cancel": ({"reason": "期满未延续"}, {"reason": "期满未延续"}),
}  # fmt: skip


def test_every_move_of_an_officer_has_a_form_and_words():
    table = {name for name, move in model_moves.MOVES.items() if move.realm == OFFICER}
    assert {move.rpc for move in MOVES.values()} == table
    said = desk_words.words.DONE | desk_words.DONE
    assert {move.done for move in MOVES.values()} <= set(said)


@pytest.mark.parametrize("name", MOVES)
def test_inputs_are_fields_of_the_request_with_a_word_each(name: str):
    known = MOVES[name].request.DESCRIPTOR.fields_by_name
    for one in MOVES[name].inputs:
        assert one.name in known, one.name
        assert one.name in desk_words.FIELD, one.name


@pytest.mark.parametrize("name", MOVES)
def test_every_move_is_drawn_when_it_is_offered_and_makes_its_request(site: Site, services: Services, name: str):
    site.sign_in(as_officer=True)
    move = MOVES[name]
    services.on("GetCase", a_full_case(move.rpc))
    services.on("ListDepartments", officers.ListDepartmentsResponse(departments=[OTHER]))
    services.on(move.rpc, a_full_case())
    page = site.get(f"/desk/{CASE}").text
    assert f'action="/desk/{CASE}/{name}"' in page
    for one in move.inputs:
        assert f'id="{name}-{one.name}"' in page, one.name
    typed, sent = TYPED.get(name, ({}, {}))
    answer = site.send(f"/desk/{CASE}/{name}", typed)
    assert answer.status_code == 303 and f"done={move.done}" in answer.headers["location"]
    (request,) = services.requests(move.rpc)
    assert (request.case_id, request.request_id) == (CASE, "act-00000001")
    assert {
        key: list(v) if isinstance(sent[key], list) else v for key, v in ((k, getattr(request, k)) for k in sent)
    } == sent


WRONG = [
    ("take-over", {}, "receipt_digest", "请核对材料摘要后勾选"),
    ("decide", {}, "granted", "请选择准予或者不予许可"),
    ("give-opinion", {"agrees": "maybe"}, "agrees", "请选择同意或者不同意"),
    ("special", {"kind": "99", "expected_until": "2026-12-31"}, "kind", "请选择种类"),
    ("special", {"kind": "8", "expected_until": "明年"}, "expected_until", "请选择预计结束日期"),
    ("end-special", {"number": "2"}, "number", "请选择哪一项"),
    ("extend", {"days": "十"}, "days", "应为数字"),
    ("opinion", {"department": "", "question": "问"}, "department", "请选择部门"),
    ("sign", {"passed": "yes", "at": "昨天"}, "at", "请填写勘验时间"),
    ("fees", {"fees.1": "-3"}, "fees", "请填写检测费的金额"),
    ("fees", {"fees.1": "1.234"}, "fees", "最多两位小数"),
]


@pytest.mark.parametrize(
    ("name", "typed", "field", "said"), WRONG, ids=[f"{w[0]}-{w[2]}-{i}" for i, w in enumerate(WRONG)]
)
def test_what_no_request_could_say_is_told_at_its_input_and_sent_to_nobody(
    site: Site, services: Services, name: str, typed: dict[str, str], field: str, said: str
):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_full_case(MOVES[name].rpc))
    services.on("ListDepartments", officers.ListDepartmentsResponse(departments=[OTHER]))
    answer = site.send(f"/desk/{CASE}/{name}", typed)
    assert answer.status_code == 400 and said in answer.text and f'href="#{name}-{field}"' in answer.text
    assert not services.requests(MOVES[name].rpc)


def test_fees_are_typed_in_yuan_and_sent_in_fen_and_fixed_ones_are_not_asked(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_full_case("SetFees"))
    services.on("SetFees", a_full_case())
    page = site.get(f"/desk/{CASE}").text
    assert 'name="fees.1"' in page and 'name="fees.0"' not in page and "5 元" in page
    assert site.send(f"/desk/{CASE}/fees", {"fees.1": "80.5"}).status_code == 303
    (request,) = services.requests("SetFees")
    assert [(one.name, one.amount) for one in request.fees] == [("检测费", 8050)]


def test_a_hearing_has_its_days_and_what_is_wrong_with_them_stands_there(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_full_case("StartSpecialProcedure"))
    services.on(
        "StartSpecialProcedure",
        refuse("INVALID_ARGUMENT", "FIELD", "有误", **{"hearing.held_on": "应于举行听证七日前通知"}),
    )
    typed = {"kind": "1", "expected_until": "2026-12-31", "notice": "听证", "held_on": "2026-12-20"}
    answer = site.send(f"/desk/{CASE}/special", typed)
    (request,) = services.requests("StartSpecialProcedure")
    assert request.hearing.held_on == "2026-12-20"
    assert answer.status_code == 400 and '<fieldset id="special-hearing" class="wrong">' in answer.text
    assert 'value="2026-12-20"' in answer.text and '<details class="fold" open><summary>启动特别程序' in answer.text


def test_files_of_a_move_are_uploaded_for_the_case_and_named_in_it(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("UploadAttachment", cases.Attachment(id=FILE))
    services.on("SignVisit", a_full_case())
    typed = TYPED["sign"][0]
    files = [
        ("evidence", ("现场.jpg", b"\xff\xd8\xff", "image/jpeg")),
        ("evidence", ("", b"", "application/octet-stream")),
    ]
    assert site.send(f"/desk/{CASE}/sign", typed, files=files).status_code == 303
    (upload,), (request,) = services.requests("UploadAttachment"), services.requests("SignVisit")
    assert upload.case_id == CASE and upload.filename == "现场.jpg" and list(request.evidence) == [FILE]


def test_a_file_that_is_refused_is_told_at_its_input(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_full_case("SignVisit"))
    services.on(
        "UploadAttachment", refuse("INVALID_ARGUMENT", "ATTACHMENT_TYPE", "不支持这种文件", content="不支持这种文件")
    )
    answer = site.send(f"/desk/{CASE}/sign", TYPED["sign"][0], files=[("evidence", ("病毒.exe", b"MZ"))])
    assert (
        answer.status_code == 400
        and 'id="sign-evidence-error"' in answer.text
        and "病毒.exe：不支持这种文件" in answer.text
    )
    assert 'value="示范路"' in answer.text and not services.requests("SignVisit")


def test_what_is_come_for_stands_open_and_what_ends_a_case_badly_is_last():
    moves = ["RefuseCase", "AcceptCase", "RequestCorrection", "VoidCase"]
    names = [name for name, _ in offered(a_case(cases.CASE_STATUS_SUBMITTED, *moves))]
    assert names == ["accept", "correction", "refuse", "void"]


def test_a_department_cannot_be_chosen_while_the_register_is_away(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_full_case("RequestOpinion"))
    services.on("ListDepartments", refuse("UNAVAILABLE", "STORE_AWAY"))
    assert "部门名录暂时无法读取" in site.get(f"/desk/{CASE}").text
