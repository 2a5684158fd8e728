"""What people read and do: guide, application, case, inbox; and what they read when something is refused or away."""

import pytest
from grpc_health.v1 import health_pb2

from tests.unit.gateway.told import CASE, FILE, ITEM, LOOP, Services, Site, a_case, an_item, hidden, refuse, session
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.rating.v1 import service_pb2 as rating

APPLY = f"/items/{ITEM}/apply"
PDF = ("申请书.pdf", b"%PDF-1.4", "application/pdf")


def upload(request: cases.UploadAttachmentRequest) -> cases.Attachment:
    return cases.Attachment(id=FILE, filename=request.filename, size=len(request.content))


def submit(site: Site, files=(("materials.m1", PDF),), **typed: str):
    page = site.get(APPLY).text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition")}
    return site.post(APPLY, form | typed, files=list(files))


def test_home_and_guide_serve_while_other_services_are_away(site: Site, services: Services):
    away = refuse("UNAVAILABLE", "STORE_AWAY")
    services.on("SearchItems", away)
    services.on("GetTotals", away)
    assert "事项目录正在恢复" in site.get("/").text
    guide = site.get(f"/items/{ITEM}")
    assert guide.status_code == 200 and "群众评价" not in guide.text


def test_the_guide_shows_totals_and_says_when_an_edition_is_old(site: Site, services: Services):
    assert "75.0%" in site.get(f"/items/{ITEM}").text
    services.on("GetItem", an_item(edition=1))
    old = site.get(f"/items/{ITEM}?edition=1").text
    assert "现行为第 2 版" in old and APPLY not in old
    assert services.requests("GetItem")[-1].edition == 1


def test_search_pages_on_by_the_services_token(site: Site, services: Services):
    services.on(
        "SearchItems", catalog.SearchItemsResponse(hits=[{"id": ITEM, "name": "甲"}], total=30, next_page_token="p2")
    )
    assert "page=p2" in site.get("/items?q=甲&type=01").text
    site.get("/items?q=甲&type=01&page=p2")
    asked = services.requests("SearchItems")[-1]
    assert (asked.query, asked.type_code, asked.page_token) == ("甲", "01", "p2")


def test_what_people_type_is_shown_as_text(site: Site, services: Services):
    services.on("SearchItems", catalog.SearchItemsResponse())
    page = site.get("/items", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_applying_leads_to_the_new_case(site: Site, services: Services):
    site.sign_in()
    services.on("UploadAttachment", upload)
    services.on("SubmitCase", a_case())
    answer = submit(site, **{"form.contact_phone": " 13800000001 "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{CASE}?done=submitted&at=4")
    (request,) = services.requests("SubmitCase")
    assert dict(request.form) == {"contact_phone": "13800000001"} and request.edition == 2
    assert request.channel == cases.CHANNEL_WEB
    assert [(m.material, list(m.attachments)) for m in request.materials] == [("m1", [FILE])]


def test_the_same_form_sent_twice_is_one_act(site: Site, services: Services):
    site.sign_in()
    services.on("UploadAttachment", upload)
    services.on("SubmitCase", a_case())
    page = site.get(APPLY).text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition")}
    for _ in range(2):
        site.post(APPLY, form, files=[("materials.m1", PDF), ("materials.m1", ("b.pdf", b"%PDF-2"))])
    submits, uploads = services.requests("SubmitCase"), services.requests("UploadAttachment")
    assert submits[0] == submits[1] and submits[0].request_id == form["request_id"]
    assert uploads[:2] == uploads[2:] and uploads[0].request_id != uploads[1].request_id
    assert all(8 <= len(u.request_id) <= 64 for u in uploads)


def test_two_visits_of_the_form_are_two_acts(site: Site):
    site.sign_in()
    assert hidden(site.get(APPLY).text, "request_id") != hidden(site.get(APPLY).text, "request_id")


def test_mistakes_are_told_beside_the_fields_and_typing_is_kept(site: Site, services: Services):
    site.sign_in()
    services.on("UploadAttachment", upload)
    told = {"form__contact_phone": "手机号应为 11 位数字", "materials__m1": "请上传“申请书”"}
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "FORM_INVALID", "有误", **told))
    answer = submit(site, **{"form.contact_phone": "123"})
    assert answer.status_code == 400
    page = answer.text
    assert (
        '<a href="#form-contact_phone">联系电话：手机号应为 11 位数字</a>' in page
        and 'id="form-contact_phone-error"' in page
    )
    assert '<a href="#materials-m1">' in page and 'id="materials-m1-error"' in page
    assert 'value="123"' in page and "已经上传的文件为您保留着" in page
    assert "<title>有误：" in page


def test_the_summary_names_the_field_when_the_reason_does_not(site: Site, services: Services):
    site.sign_in()
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "FIELD", "有误", form__contact_phone="不符合要求"))
    assert '<a href="#form-contact_phone">联系电话：不符合要求</a>' in submit(site, files=()).text


def test_a_refused_file_is_told_at_its_material(site: Site, services: Services):
    site.sign_in()
    services.on("UploadAttachment", refuse("INVALID_ARGUMENT", "ATTACHMENT_TYPE", "文件类型不支持"))
    page = submit(site).text
    assert "申请书.pdf：文件类型不支持" in page and 'id="materials-m1-error"' in page
    assert not services.requests("SubmitCase")


def test_applying_works_while_catalog_is_away(site: Site, services: Services):
    site.sign_in()
    page = site.get(APPLY).text
    services.on("GetItem", refuse("UNAVAILABLE", "STORE_AWAY"))
    services.on("SubmitCase", a_case())
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition")}
    assert site.post(APPLY, form).headers["location"].startswith(f"/cases/{CASE}")


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [("UNAVAILABLE", 503, "服务暂时繁忙"), ("DEADLINE_EXCEEDED", 503, "服务暂时繁忙"), ("NOT_FOUND", 404, "没有找到"),
     ("PERMISSION_DENIED", 403, "无权访问"), ("INTERNAL", 500, "系统出了点问题")],
)  # fmt: skip
def test_refusals_are_calm_pages_in_chinese(site: Site, services: Services, code: str, status: int, words: str):
    site.sign_in()
    services.on("GetCase", refuse(code, "REASON", "说明"))
    answer = site.get(f"/cases/{CASE}")
    assert answer.status_code == status and words in answer.text and "REASON" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)


def test_an_ended_token_leads_to_sign_in_and_back(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", refuse("UNAUTHENTICATED", "TOKEN_REFUSED"))
    assert site.get(f"/cases/{CASE}").headers["location"] == f"/sign-in?next=%2Fcases%2F{CASE}"


def test_only_the_moves_a_reader_may_make_are_offered(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", a_case(cases.CASE_STATUS_SUBMITTED, "WithdrawCase"))
    assert f"/cases/{CASE}/withdraw" in site.get(f"/cases/{CASE}").text
    services.on("GetCase", a_case(cases.CASE_STATUS_GRANTED))
    assert f"/cases/{CASE}/withdraw" not in site.get(f"/cases/{CASE}").text
    site.sign_in(as_officer=True)
    services.on("GetCase", a_case(cases.CASE_STATUS_SUBMITTED, "AcceptCase", "RefuseCase"))
    page = site.get(f"/desk/{CASE}").text
    assert f"/desk/{CASE}/accept" in page and f"/desk/{CASE}/refuse" in page and f"/desk/{CASE}/decide" not in page


def test_a_reader_sees_his_own_act(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("AcceptCase", a_case(cases.CASE_STATUS_IN_REVIEW))
    where = site.send(f"/desk/{CASE}/accept").headers["location"]
    site.get(where)
    assert services.requests("GetCase")[-1].min_version == 4


MOVES = [
    (
        "correction",
        "RequestCorrection",
        {"materials": ["m1", "m2"], "notice": "请补"},
        {"materials": ["m1", "m2"], "notice": "请补"},
    ),
    ("refuse", "RefuseCase", {"reason": "不属于本机关"}, {"reason": "不属于本机关"}),
    ("pass", "PassReviewStep", {"opinion": "同意"}, {"opinion": "同意"}),
    ("decide", "DecideCase", {"granted": "no", "reason": "不符合"}, {"granted": False, "reason": "不符合"}),
    ("decide", "DecideCase", {"granted": "yes"}, {"granted": True, "reason": ""}),
    ("issue", "IssueResult", {"result_number": "证 1"}, {"result_number": "证 1"}),
    ("close", "CloseCase", {}, {}),
]


@pytest.mark.parametrize(("move", "rpc", "typed", "sent"), MOVES, ids=[f"{m[0]}-{i}" for i, m in enumerate(MOVES)])
def test_each_move_sends_what_was_typed(site: Site, services: Services, move, rpc, typed, sent):
    site.sign_in(as_officer=True)
    services.on(rpc, a_case())
    assert site.send(f"/desk/{CASE}/{move}", typed).status_code == 303
    (request,) = services.requests(rpc)
    assert request.case_id == CASE and request.request_id == "act-00000001"
    assert {
        name: (list(v) if name == "materials" else v) for name, v in ((n, getattr(request, n)) for n in sent)
    } == sent


def test_a_refused_move_comes_back_beside_its_form(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetCase", a_case(cases.CASE_STATUS_REVIEWED, "DecideCase"))
    services.on("DecideCase", refuse("FAILED_PRECONDITION", "RECEIVER_MAY_NOT_DECIDE", "收件人不得审批同一办件"))
    answer = site.send(f"/desk/{CASE}/decide", {"granted": "yes", "reason": "我的理由"})
    assert answer.status_code == 409 and "收件人不得审批同一办件" in answer.text and "我的理由" in answer.text
    unchosen = site.send(f"/desk/{CASE}/decide", {"reason": "我的理由"})
    assert unchosen.status_code == 400 and "请选择准予或者不予许可" in unchosen.text


def test_an_unknown_move_is_not_found(site: Site):
    site.sign_in(as_officer=True)
    assert site.send(f"/desk/{CASE}/dance").status_code == 404


def test_rating_is_asked_when_closed_and_said_when_not_ready(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", a_case(cases.CASE_STATUS_CLOSED))
    assert "评价邀请正在准备，请稍后刷新" in site.get(f"/cases/{CASE}").text
    services.on("ListRatings", refuse("UNAVAILABLE", "AWAY"))
    assert "评价服务暂时不可用" in site.get(f"/cases/{CASE}").text
    waits = rating.Rating(id="i", case_id=CASE, node=rating.SERVICE_NODE_CLOSE, status=rating.RATING_STATUS_OPEN)
    services.on("ListRatings", rating.ListRatingsResponse(ratings=[waits]))
    page = site.get(f"/cases/{CASE}").text
    assert [f'href="/rate/i?grade={grade}"' in page for grade in range(1, 6)] == [True] * 5


def test_correcting_sends_files_and_only_answers_that_changed(site: Site, services: Services):
    site.sign_in()
    case = a_case(cases.CASE_STATUS_CORRECTION, "CorrectCase")
    case.materials[0].correction_open = True
    for key, value in (("a", "old"), ("b", "same")):
        case.answers.add(value=value).field.key = key
    services.on("GetCase", case)
    services.on("UploadAttachment", upload)
    services.on("CorrectCase", a_case())
    page = site.get(f"/cases/{CASE}/correct").text
    form = {"csrf": hidden(page, "csrf"), "request_id": hidden(page, "request_id"), "form.a": "new", "form.b": "same"}
    assert site.post(f"/cases/{CASE}/correct", form, files=[("materials.m1", PDF)]).status_code == 303
    (request,) = services.requests("CorrectCase")
    assert dict(request.form) == {"a": "new"} and [m.material for m in request.materials] == ["m1"]


def test_a_file_is_saved_never_shown(site: Site, services: Services):
    site.sign_in()
    attachment = cases.Attachment(id=FILE, filename='申"请\r\n书.html', media_type="text/html")
    services.on("DownloadAttachment", cases.DownloadAttachmentResponse(attachment=attachment, content=b"<script>"))
    answer = site.get(f"/cases/{CASE}/files/{FILE}")
    assert answer.content == b"<script>" and answer.headers["content-type"] == "application/octet-stream"
    assert (
        answer.headers["content-disposition"]
        == "attachment; filename*=UTF-8''%E7%94%B3%22%E8%AF%B7%0D%0A%E4%B9%A6.html"
    )
    assert answer.headers["cache-control"] == "no-store"


def test_progress_asks_by_form_and_tells_little_when_wrong(site: Site, services: Services):
    services.on("GetProgress", refuse("NOT_FOUND", "PROGRESS_NOT_FOUND", "编号或查询码不正确"))
    wrong = site.send("/progress", {"number": "990101-260305-7k3qwx-m", "query_code": "AAAAAAAA"})
    assert wrong.status_code == 404 and "编号或查询码不正确" in wrong.text
    services.on("GetProgress", cases.Progress(number="N", item_name="测试事项", status=cases.CASE_STATUS_IN_REVIEW))
    found = site.send("/progress", {"number": "990101-260305-7k3qwx-m", "query_code": "AAAAAAAA"})
    assert found.status_code == 200 and "审查中" in found.text
    assert services.requests("GetProgress")[-1].number == "990101-260305-7K3QWX-M"


def test_registration_signs_in_and_never_shows_a_password_again(site: Site, services: Services):
    typed = {"name": "测试人甲", "id_number": "990101199001010011", "phone": "13800000001", "password": "secret-pass-1"}
    differs = site.send("/register", typed | {"password_again": "secret-pass-2"})
    assert differs.status_code == 400 and "两次输入的密码不一致" in differs.text and "secret-pass" not in differs.text
    services.on("RegisterPerson", refuse("ALREADY_EXISTS", "ID_NUMBER_TAKEN", "该身份证号已注册"))
    assert "该身份证号已注册" in site.send("/register", typed | {"password_again": "secret-pass-1"}).text
    services.on("RegisterPerson", identity.Person(id="p-1"))
    services.on("SignIn", session())
    answer = site.send("/register", typed | {"password_again": "secret-pass-1"})
    assert answer.headers["location"] == "/cases" and site.get("/cases").status_code == 200


def test_ready_names_the_services_that_do_not_serve(site: Site):
    assert site.get("/healthz").status_code == 200
    assert site.get("/readyz").json() == {"status": "ready"}
    LOOP.run_until_complete(site.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING))
    answer = site.get("/readyz")
    assert answer.status_code == 503 and answer.json()["away"] == [
        *("identity", "catalog", "case", "rating", "intermediary", "policy", "message")
    ]
    assert site.get("/healthz").status_code == 200


def test_pages_are_addressed_by_ids_of_the_right_shape_only(site: Site):
    for path in (
        "/items/x",
        "/items/1%20or%201",
        "/cases/../etc/passwd",
        "/static/../settings.py",
        "/static/%2e%2e/app.py",
    ):
        assert site.get(path).status_code == 404, path
