"""Applying with the keyboard alone: from the home page to the receipt by Tab, Space, Enter and arrow keys. At every stop it is seen where
one is, and the stops follow the page."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.journey.conftest import Visitor
from tests.support.files import pdf

ITEM, SAID = "居住证申领", "居住证"
# More stops than any page on the way has.
MOST = 150
PDF = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": pdf(b"1 0 obj<</Type/Catalog>>endobj")}
TYPED = {"tel": "0990-0000101", "text": "示范路八号", "textarea": "在本县务工"}
# Where the focus is: what has it, its place in the document and on the screen, and whether it shows, on itself or on what stands for it
# (the label of a hidden box, the frame around an input): the mark has to go when the focus goes.
STOP = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const shown = [at, ...(at.labels || []), at.nextElementSibling, at.closest('.searchbar'), at.closest('.choice')].filter(Boolean);
  const mark = one => { const s = getComputedStyle(one);
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 ? s.outline : '') + (s.boxShadow === 'none' ? '' : s.boxShadow) };
  const marked = shown.map(mark);
  at.blur();
  const left = shown.map(mark);
  at.focus({focusVisible: true, preventScroll: true});
  const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    tag: at.tagName.toLowerCase(), type: at.type || '', value: at.value || '', required: !!at.required,
    text: (at.getAttribute('aria-label') || (at.labels && at.labels[0] || at).innerText || '').trim(),
    place: [...document.querySelectorAll('*')].indexOf(at),
    top: box.top + scrollY, left: box.left, right: box.right, bottom: box.bottom + scrollY,
    marked: marked.some((one, n) => one && one !== left[n]),
    inSight: box.width <= 1 || (box.bottom > 0 && box.top < innerHeight && !!middle && (at.contains(middle) || middle.contains(at))),
  }
}"""
AT = """() => document.activeElement !== document.body
  && [...document.querySelectorAll('*')].indexOf(document.activeElement)"""

Stop = dict[str, Any]


class Walk:
    """One page by keyboard: the stops so far, each looked at once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops: list[Stop] = []

    def next(self) -> Stop:
        """Goes on to the next stop; a date has several places to stop within."""
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            place = self.page.evaluate(AT)
            assert place is not False, f"the focus left the page after {self._last()}"
            if not self.stops or place != self.stops[-1]["place"]:
                return self._look()
        raise AssertionError(f"no way on from {self._last()}")

    def until(self, text: str, tag: str = "") -> Stop:
        """Goes on to the stop of this text, and of this kind."""
        for _ in range(MOST):
            stop = self.next()
            if text in stop["text"] and tag in ("", stop["tag"]):
                return stop
        raise AssertionError(f"{text} is not reached; stops: {[one['text'] for one in self.stops]}")

    def _look(self) -> Stop:
        stop: Stop = self.page.evaluate(STOP)
        where = f"{self.page.url}: {stop['tag']} {stop['text'][:40]!r}"
        assert stop["marked"], f"{where}: it is not seen that the focus is here"
        assert stop["inSight"], f"{where}: out of sight, or covered"
        if self.stops:
            before = self.stops[-1]
            assert stop["place"] > before["place"], f"{where} comes after {before['text'][:40]!r} but stands before it"
            column = stop["left"] >= before["right"] - 1
            assert column or stop["bottom"] > before["top"], f"{where} stands above {before['text'][:40]!r}"
        self.stops.append(stop)
        return stop

    def _last(self) -> str:
        return str(self.stops[-1]["text"]) if self.stops else "the top"


def press(page: Page, key: str) -> None:
    """Presses a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_an_application_is_made_with_the_keyboard_alone(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = visit()
    page = visitor.go("/")
    _search(page)
    walk = Walk(page)
    walk.until(ITEM, "a")
    press(page, "Enter")
    _from_guide_to_sign_in(page)
    _sign_in(page, accounts["people"][2])
    _answer(page)
    _fill(page)
    expect(page).to_have_url(re.compile("/cases/[0-9a-f-]{36}"))
    expect(page.locator(".case-head")).to_contain_text(ITEM)
    receipt = Walk(page)
    assert receipt.next()["text"] == "跳到正文"
    for _ in range(len(page.locator("a[href]:visible, button:visible, summary:visible").all()) - 1):
        receipt.next()


def _search(page: Page) -> None:
    walk = Walk(page)
    assert walk.next()["text"] == "跳到正文"
    assert walk.until("事项名称")["type"] == "search"
    page.keyboard.type(SAID)
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("办事指南")


def _from_guide_to_sign_in(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(ITEM)
    walk = Walk(page)
    assert walk.next()["text"] == "跳到正文"
    page.keyboard.press("Enter")
    skipped = walk.next()
    inside = page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert inside, f"the way past the header leads to {skipped['text']}"
    walk.until("在线申请", "a")
    press(page, "Enter")


def _sign_in(page: Page, person: dict[str, Any]) -> None:
    walk = Walk(page)
    walk.until("账号")
    page.keyboard.type(person["phone"])
    walk.until("密码")
    page.keyboard.type(person["password"])
    walk.until("登录", "button")
    press(page, "Space")
    expect(page).to_have_url(re.compile("/apply$"))


def _answer(page: Page) -> None:
    """The question of the item: the first answer by Space, another one by the arrow keys."""
    walk = Walk(page)
    assert walk.next()["text"] == "跳到正文"
    while (stop := walk.next())["type"] != "radio":
        pass
    page.keyboard.press("Space")
    expect(page.locator("#scenario input[type=radio]").first).to_be_checked()
    page.keyboard.press("ArrowDown")
    second = page.locator("#scenario input[type=radio]").nth(1)
    expect(second).to_be_checked()
    expect(second).to_be_focused()
    assert stop["value"] != page.evaluate("document.activeElement.value")
    walk.until("下一步", "button")
    press(page, "Enter")


def _fill(page: Page) -> None:
    """Every input of the form in the order the focus comes to it, up to the button that sends."""
    walk, files = Walk(page), 0
    while (stop := walk.next())["text"] != "提交申请":
        kind = stop["type"] or stop["tag"]
        if kind in TYPED and stop["required"]:
            page.keyboard.type("3" if page.evaluate("document.activeElement.inputMode") == "decimal" else TYPED[kind])
        if kind == "file" and stop["required"]:
            with page.expect_file_chooser() as chooser:
                page.keyboard.press("Space")
            chooser.value.set_files([PDF])
            files += 1
    assert stop["tag"] == "button" and files
    press(page, "Enter")
