"""The whole story in a real browser without JavaScript: search, guide, apply, correct, decide, follow, rate; then what it left."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from deploy.local import trace
from deploy.local.suite import Suite
from tests.journey.conftest import Visitor, until

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ITEM = "食品生产许可证核发"
OPINION = "现场与图纸相符，可以通过"
RECEIVER, DECIDER = "sj-101", "sj-201"
STEPS = {  # every hop of the closing act, as (service, span): one trace from the browser's request to the invitation
    ("gateway", "server"),
    ("case", "server"),
    ("case", "producer"),
    ("rating", "consumer"),
}


def _pdf(name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


def _fill(visitor: Visitor) -> None:
    """Answers every question of the form and gives a file for every required material."""
    page = visitor.page
    for field in page.locator("input[name^='form.'], textarea[name^='form.']").all():
        values = {"tel": "0990-0000101", "date": "2026-11-01"}
        value = "80" if field.get_attribute("inputmode") == "decimal" else "示范路八号"
        field.fill(values.get(field.get_attribute("type") or "", value))
    for number, field in enumerate(page.locator("input[type=file][required]").all()):
        field.set_input_files([_pdf(f"王小明的材料{number}.pdf")])


def test_a_citizen_finds_the_item_by_everyday_words_and_applies(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    visitor = visit()
    page = visitor.go("/")
    visitor.shot("01-home")
    page.get_by_role("searchbox").first.fill("开食品厂")
    page.get_by_role("button", name="搜索").first.click()
    visitor.shot("02-search")
    page.get_by_role("link", name=ITEM).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ITEM)
    visitor.shot("03-guide")
    page.get_by_role("link", name="在线申请").first.click()
    visitor.shot("04-sign-in")
    person = accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    expect(page).to_have_url(re.compile("/apply$"))
    visitor.answer()
    _fill(visitor)
    visitor.shot("05-apply")
    page.get_by_role("button", name="提交申请").click()
    expect(page).to_have_url(re.compile("/cases/[0-9a-f-]{36}"))
    visitor.shot("06-submitted")
    told["case"] = re.search("/cases/([0-9a-f-]{36})", page.url).group(1)  # type: ignore[union-attr]
    told["number"] = page.locator(".case-number").first.inner_text()
    told["code"] = page.locator(".voucher .big").inner_text()
    assert re.fullmatch(r"990121\d{6}[0-9A-Z]{7}", told["number"])


def test_an_incomplete_application_is_refused_with_every_field_named(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = visit()
    person = accounts["people"][1]
    visitor.sign_in(person["phone"], person["password"])
    page = visitor.go(f"/items?q={ITEM}")
    page.get_by_role("link", name=ITEM).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    visitor.answer()
    # What the browser itself would stop is sent all the same: the server must name it.
    page.locator("form[enctype]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("处需要更正")
    expect(page.get_by_role("alert")).to_contain_text("缺少必要材料")
    visitor.shot("07-refused")
    assert ITEM not in visitor.go("/cases").content(), "a refused application leaves no case behind"


def test_the_officer_asks_for_a_correction_and_the_citizen_corrects(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    officer, citizen = visit(), visit(390)
    officer.sign_in(RECEIVER, accounts["officers"][RECEIVER]["password"])
    page = officer.go("/desk")
    officer.shot("08-inbox")
    page.locator(f"a[href='/desk/{told['case']}']").first.click()
    officer.shot("09-desk-case")
    page.locator("summary", has_text="一次性告知补正").click()
    page.locator("input[name=materials]").first.check()
    page.get_by_label("告知内容").fill("请重新提交清晰的申请书。")
    page.get_by_role("button", name="发出补正通知").click()
    person = accounts["people"][0]
    citizen.sign_in(person["phone"], person["password"])
    page = citizen.go(f"/cases/{told['case']}")
    expect(page.get_by_text("请重新提交清晰的申请书。").first).to_be_visible()
    citizen.shot("10-correction-phone")
    page.get_by_role("link", name="提交补正材料").click()
    page.locator("input[type=file]").first.set_input_files([_pdf("补正申请书.pdf")])
    page.get_by_role("button", name="提交补正").click()
    expect(page).to_have_url(re.compile(f"/cases/{told['case']}"))


def test_two_officers_accept_review_decide_issue_and_close(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    receiver, decider = visit(), visit()
    receiver.sign_in(RECEIVER, accounts["officers"][RECEIVER]["password"])
    page = receiver.go(f"/desk/{told['case']}")
    page.get_by_role("button", name="予以受理", exact=True).click()
    expect(receiver.page.locator(".case-head")).to_contain_text("审查中")
    while (button := page.get_by_role("button", name="通过本环节")).count():
        page.get_by_label("审查意见").fill(OPINION)
        button.click()
    receiver.shot("11-reviewed")
    decider.sign_in(DECIDER, accounts["officers"][DECIDER]["password"])
    page = decider.go(f"/desk/{told['case']}")
    page.get_by_label("准予", exact=True).check()
    decider.shot("12-decide")
    page.get_by_role("button", name="作出决定").click()
    page.locator("input[name=result_number]").fill("JY29901210000001")
    page.get_by_role("button", name="登记结果文书").click()
    page.get_by_role("button", name="办结", exact=True).click()
    expect(page.locator(".case-head")).to_contain_text("办结")
    decider.shot("13-closed")


def test_the_citizen_sees_every_step_and_rates_once(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    visitor = visit()
    person = accounts["people"][0]
    visitor.sign_in(person["idNumber"], person["password"])
    page = visitor.go(f"/cases/{told['case']}")
    for title in (
        "提交申请",
        "一次性告知补正",
        "已补正材料",
        "予以受理",
        "通过审查环节",
        "作出决定：准予",
        "制作结果文书",
        "办结",
    ):
        expect(page.get_by_text(title).first).to_be_visible()
    assert OPINION not in page.content(), "an officer's opinion is not for the applicant"
    closing = page.locator(".node", has_text="办结").get_by_role("link", name="非常满意", exact=True)
    until(lambda: visitor.go(f"/cases/{told['case']}") and closing.count())
    closing.click()
    expect(page.get_by_label("非常满意", exact=True)).to_be_checked()
    page.locator("summary", has_text="再说几句").click()
    page.get_by_label("想说的话").first.fill("又快又好")
    visitor.shot("14-rate")
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="您的评价")).to_be_visible()
    visitor.shot("15-rated")


def test_anyone_with_number_and_code_sees_how_far_it_is(visit: Callable[..., Visitor], told: dict[str, str]) -> None:
    visitor = visit(390)
    page = visitor.go("/progress")
    page.locator("input[name=number]").fill(told["number"])
    page.locator("input[name=query_code], input[name=code]").first.fill(told["code"])
    page.get_by_role("button", name="查询").first.click()
    expect(page.get_by_text("作出决定：准予").first).to_be_visible()
    visitor.shot("16-progress-phone")


def test_the_guide_shows_the_rating_to_everyone(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.go(f"/items?q={ITEM}").get_by_role("link", name=ITEM).first.click()
    address = visitor.page.url.removeprefix(visitor.url)
    until(lambda: "非常满意" in visitor.go(address).content() or "100%" in visitor.page.content())
    visitor.shot("17-guide-rated")


def test_a_foreign_citizen_and_a_foreign_department_see_nothing(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    stranger, foreign = visit(), visit()
    person = accounts["people"][1]
    stranger.sign_in(person["phone"], person["password"])
    answer = stranger.page.goto(f"{stranger.url}/cases/{told['case']}")
    assert answer is not None and answer.status == 404
    foreign.sign_in("ga-101", accounts["officers"]["ga-101"]["password"])
    answer = foreign.page.goto(f"{foreign.url}/desk/{told['case']}")
    assert answer is not None and answer.status == 404


def test_one_trace_runs_from_the_browser_to_the_invitation(suite: Suite, told: dict[str, str]) -> None:
    folder = Path(suite.places.environment("case", "api")["TRACE_DIR"])

    def whole() -> list[dict[str, Any]] | None:
        traces = trace.traces_of(trace.read(folder), told["number"])
        return next((spans for spans in traces.values() if _hops(spans, "CaseClosed") >= STEPS), None)

    spans = until(whole, 30)
    print("\n" + "\n".join(trace.lines(spans)))
    assert {(span["service"], span["kind"]) for span in spans} >= STEPS
    by_id = {span["span"]: span for span in spans}
    invitation = next(span for span in spans if span["name"] == "handle rating.invite_closed")
    path = [invitation]
    while path[-1]["parent"] in by_id:
        path.append(by_id[path[-1]["parent"]])
    assert [span["kind"] for span in path][:3] == ["consumer", "producer", "server"]
    assert path[-1]["service"] == "gateway", "the invitation hangs below the officer's own request"


def _hops(spans: list[dict[str, Any]], event: str) -> set[tuple[str, str]]:
    if not any(span["name"] == f"publish {event}" for span in spans):
        return set()
    return {(span["service"], span["kind"]) for span in spans}


def test_every_journal_holds_and_replays_to_the_state(suite: Suite) -> None:
    for service in suite.services:
        done = subprocess.run(
            [sys.executable, "-m", f"services.{service}", "verify"],
            env=suite.places.environment(service, "api"),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        print(done.stdout.strip())
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_personal_lies_in_the_clear(suite: Suite, accounts: dict[str, Any]) -> None:
    """Names, ID numbers, phones, file names and answers: not in stores, logs or spans."""
    from loadtests.world import database

    canaries = ["王小明的材料", "又快又好", OPINION, "请重新提交清晰", "示范路八号"]
    for person in accounts["people"]:
        canaries += [person["name"], person["idNumber"], person["phone"]]
    for service in suite.services:
        store = database(suite.store(service).uri, service)
        for name in store.list_collection_names():
            for document in store[name].find({}):
                _clean(canaries, str(document), f"{service}.{name}")
    for file in [*suite.folder.glob("logs/*.log"), *suite.folder.glob("traces/*.jsonl")]:
        _clean(canaries, file.read_text(errors="replace"), file.name)


def _clean(canaries: list[str], text: str, place: str) -> None:
    for canary in canaries:
        assert canary not in text, f"{canary!r} stands in {place}"
