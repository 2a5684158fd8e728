"""The plain-language test of what is told: short sentences, words people know, what to do and until when, nothing personal. Pure.

Errors stop publication, hints do not. No standard of plain notices is known to us; the rules and their numbers are ours.
"""

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Final, NamedTuple

from services.message.model_texts import DUE, Template
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as pb

# Characters of a sentence, and of a short text without its signature: two parts of a long SMS. A field counts as a word: how long a
# name is is not the writer's doing.
LONGEST_SENTENCE, LONGEST_SHORT, WORD = 40, 120, "＿" * 4
# Said by offices, understood by few; and what to say instead.
JARGON: Final[Mapping[str, str]] = {
    "兹": "现在",
    "予以": "（删去）",
    "拟": "准备",
    "鉴于": "因为",
    "特此": "（删去）",
    "上述": "这些",
    "贵方": "您",
    "该办件": "您的申请",
    "容缺": "先办后补",
    "办结件": "办好的事",
    "依法依规": "（写明依据）",
    "逾期不候": "到期不再等待",
    "知悉": "知道",
    "须知": "请注意",
    "敬请": "请",
    "烦请": "请",
    "为盼": "（删去）",
    "之日起": "从……开始",
    "即日起": "从今天开始",
    "届时": "到时候",
    "如若": "如果",
    "缴讫": "已缴费",
    "受理机关": "办理部门",
    "行政相对人": "您",
}
# What has to be done by somebody must say so.
_TO_DO: Final = re.compile(r"请|可以|不用|不要")
_ENDS: Final = re.compile(r"[。！？!?；;\n]")
_LINK: Final = re.compile(r"https?:|www\.|[A-Za-z0-9-]+\.(?:com|cn|net|top|xyz)", re.IGNORECASE)
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")
# A number people could take for a phone, an ID or a card.
_NUMBERS: Final = re.compile(r"[0-9０-９]{7,}")
_PARTS: Final = ("title", "body", "short")


# What nothing can be made of: the rule, and the reason it is refused with.
UNREADABLE: Final[Mapping[str, str]] = {"T01": "BRACES", "T02": "UNKNOWN_FIELD"}


class Finding(NamedTuple):
    """What is wrong: the part of the text, the rule, the message, and whether it stops publication."""

    field: str
    rule: str
    message: str
    error: bool


def field_names(text: str) -> list[str]:
    """The fields a text says; ValueError where braces do not match or hold more than a name."""
    found = []
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        found.append(name)
    return found


def findings(template: Template, text: pb.TemplateText) -> list[Finding]:
    """Everything the test finds in a text of a template."""
    found = [one for part in _PARTS for one in _of_part(template, part, getattr(text, part))]
    return [*found, *_of_whole(template, text)]


def _of_part(template: Template, part: str, text: str) -> Iterator[Finding]:
    try:
        names = field_names(text)
    except ValueError:
        yield Finding(part, "T01", "花括号里只能写字段名", True)
        return
    for name in names:
        if name not in template.fields:
            yield Finding(part, "T02", f"本模板没有字段“{name}”", True)
    plain = Formatter().vformat(text, (), dict.fromkeys(names, WORD))
    for sentence in _ENDS.split(plain):
        if len(sentence) > LONGEST_SENTENCE:
            yield Finding(part, "T03", f"一句话不超过{LONGEST_SENTENCE}个字：“{sentence[:12]}…”", True)
    for word, better in JARGON.items():
        if word in plain:
            yield Finding(part, "T04", f"“{word}”不易懂，建议改为“{better}”", True)
    if _LINK.search(plain):
        yield Finding(part, "T05", "不得包含网址，以免被仿冒", True)
    elif _LATIN.search(plain):
        yield Finding(part, "T06", "不要使用英文", True)
    if _NUMBERS.search(plain):
        yield Finding(part, "T07", "不得写入像电话或证件的号码", True)


def _of_whole(template: Template, text: pb.TemplateText) -> Iterator[Finding]:
    if len(text.short) > LONGEST_SHORT:
        yield Finding("short", "T08", f"短消息不超过{LONGEST_SHORT}个字", True)
    if template.must or template.kind == DUE:
        for part in ("body", "short"):
            said = getattr(text, part)
            if template.kind == DUE and not _TO_DO.search(said):
                yield Finding(part, "T09", "要写明请对方做什么", True)
            if "due" in template.fields and "{due}" not in said:
                yield Finding(part, "T10", "要写明截止日期", True)
    if "number" in template.fields and "{number}" not in text.body:
        yield Finding("body", "T11", "要写明编号，方便查询", True)
    if template.must and "{item}" not in text.short:
        yield Finding("short", "T12", "要写明是哪个事项", True)
    if "您" not in text.body and "你" not in text.body and template.kind != pb.NOTICE_KIND_WORK:
        yield Finding("body", "T13", "最好直接称呼“您”", False)


def views(found: list[Finding]) -> list[desk.TextFinding]:
    """As answers tell them."""
    return [desk.TextFinding(field=one.field, rule=one.rule, message=one.message, error=one.error) for one in found]
