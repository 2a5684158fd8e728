"""What is told by words alone, read into fields: laws, fees, results, forms. Pure, the same for every format.

Nothing is guessed: what the words do not tell stays unset, and the words themselves are kept beside it.
"""

import re
from collections.abc import Iterator

from yiwang.catalog.v1 import service_pb2 as pb

_ARTICLE = r"(?:第|附件)(?:[^（]|（[一二三四五六七八九十]+）)*"
# 《title》（number）第x条（words), or a document by its number alone: 国发〔2016〕29号第二条.
_LAW = re.compile(
    r"(?P<title>《.+?》)(?:（(?P<number>[^）]*?号[^）]*?)）)?(?P<article>" + _ARTICLE + r")?(?P<text>.*)", re.DOTALL
)
_NUMBERED = re.compile(
    r"(?P<number>[^《》第附]{2,60}?第?[0-9]+号)(?P<article>" + _ARTICLE + r")?(?P<text>.*)", re.DOTALL
)
_PARTS = re.compile(r"[；;\n]+(?![^（]*）)")
_OUTSIDE = re.compile(r"[、；;](?![^（]*）)")
_AMOUNT = r"[0-9]+(?:\.[0-9]{1,2})?"
_PRICE = re.compile(
    rf"(?:每(?P<per>[一-龥]{{1,8}}?))?(?P<least>{_AMOUNT})(?:\s*(?:-|—|–|~|～|至)\s*(?P<most>{_AMOUNT}))?元"
    rf"(?:/(?P<unit>[一-龥]{{1,6}}))?"
)
_PAYER = re.compile("由([^，；。（）]{2,30}?)(?:缴纳|支付|承担)")
_FEN = 100
_MEDIA = {
    "纸质和电子": pb.MATERIAL_FORM_BOTH,
    "纸质或电子": pb.MATERIAL_FORM_EITHER,
    "电子": pb.MATERIAL_FORM_ELECTRONIC,
    "纸质": pb.MATERIAL_FORM_PAPER,
    "原件或电子件": pb.MATERIAL_FORM_EITHER,
}
_LICENCES = "身份证|户口簿|户口本|通行证|营业执照|护照|许可证|资格证|行驶证|驾驶证|登记证书?|权属证书|产权证书?"
_KINDS = (
    (re.compile("指纹|虹膜|声纹"), pb.MATERIAL_KIND_BIOMETRIC),
    (re.compile("申请(?:书|表)|申报表|登记表|审批表|报名表|汇总表|申请函"), pb.MATERIAL_KIND_FORM),
    (re.compile("照片$|影像$|相片$"), pb.MATERIAL_KIND_PHOTO),
    (re.compile(f"(?:{_LICENCES})$"), pb.MATERIAL_KIND_LICENCE),
)


def laws(text: str) -> list[pb.Law]:
    """The laws and documents a text cites, one for each part between semicolons; parts that cite none are left out."""
    found = (_law(part.strip()) for part in _PARTS.split(text) if part.strip())
    return [law for law in found if law][:50]


def _law(part: str) -> pb.Law | None:
    if told := _LAW.search(part):
        number, title = told["number"] or "", told["title"]
    elif told := _NUMBERED.search(part):
        number = title = told["number"].strip()
    else:
        return None
    article = (told["article"] or "").strip(" ，。等")
    return pb.Law(title=title[:300], number=number[:100], article=article[:200], text=_bare(told["text"])[:8000])


def _bare(text: str) -> str:
    text = text.strip(" ，。等")
    return text[1:-1] if text.startswith("（") and text.endswith("）") else text


def fees(name: str, standard: str, basis: str) -> Iterator[pb.Fee]:
    """A fee as published, taken apart where it names several amounts: 住宅80元/件、非住宅550元/件 are two."""
    parts = [part.strip() for part in _OUTSIDE.split(standard) if part.strip()]
    if len(parts) < 2 or not all(_PRICE.search(part) for part in parts):
        parts = [standard]
    for part in parts:
        price = _PRICE.search(part)
        own = part[: price.start()].strip("：:，, ") if price and len(parts) > 1 else ""
        fee = pb.Fee(name=(f"{name}（{own}）" if own else name)[:200], standard=part[:2000], basis=basis[:2000])
        if price:
            fee.least = fen(price["least"])
            fee.most = fen(price["most"] or price["least"])
            fee.unit = price["unit"] or price["per"] or ""
        if payer := _PAYER.search(part):
            fee.payer = payer[1]
        yield fee


def fen(yuan: str) -> int:
    """Fen of an amount in yuan with at most two places: 12.5 is 1250."""
    whole, _, rest = yuan.partition(".")
    return int(whole) * _FEN + int(rest.ljust(2, "0") or 0)


def results(names: str, validity: str = "") -> list[pb.Result]:
    """The documents a case may end in, one each."""
    parts = re.split(r"[；;/]|、(?=《)", names)
    told = [part.strip() for part in parts if part.strip()]
    return [pb.Result(name=name[:500], kind=result_kind(name), validity=validity) for name in told][:20]


def result_kind(name: str) -> "pb.ResultKind.ValueType":
    """How a case ends, told by the last word of its result (审批结果类型); unspecified where that tells nothing."""
    bare = name.strip("《》 ")
    if bare.endswith("批复"):
        return pb.RESULT_KIND_APPROVAL
    if re.search("(?:证|证书|执照|证明)$", bare):
        return pb.RESULT_KIND_CERTIFICATE
    return (
        pb.RESULT_KIND_DOCUMENT
        if re.search("(?:文|书|函|单|表|通知|决定|公示|回执)$", bare)
        else pb.RESULT_KIND_UNSPECIFIED
    )


def medium(form: str) -> "pb.MaterialForm.ValueType":
    """纸质, 电子, both or either."""
    return _MEDIA.get(form.strip(), pb.MATERIAL_FORM_UNSPECIFIED)


def material_kind(name: str) -> "pb.MaterialKind.ValueType":
    """What a material is, by its name; what nothing tells is a document."""
    bare = re.sub(r"（[^）]*）|复印件|原件|[《》。 ]", "", name)
    return next((kind for pattern, kind in _KINDS if pattern.search(bare)), pb.MATERIAL_KIND_DOCUMENT)


def copies(doc_type: str, number: str) -> tuple[int, int]:
    """Originals and duplicates: 原件和复印件, 1 is one of each."""
    count = int(number) if number.isdecimal() and len(number) < 3 else 1
    return (count if "原件" in doc_type else 0, count if "复印件" in doc_type else 0)
