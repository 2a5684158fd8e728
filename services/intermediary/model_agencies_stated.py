"""What an agency states of itself, checked field by field. Pure: the day is passed in.

Numbers by GB 32100-2015 (USCC) and GB 11643-1999 (citizen number), names by standards/names.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from chassis.errors import Violation
from services.intermediary import model_needs
from services.intermediary import model_qualifications as kinds
from standards import personal_data
from standards.identifiers import id_number_valid, uscc_valid
from standards.names import name_unclear
from yiwang.intermediary.v1 import agencies_pb2 as pb

_SIGNS = re.compile(r"[\W_]+")
WHOLE = 10_000


def plain(number: str) -> str:
    """A number as it is compared."""
    return number.strip().upper()


def normal_address(address: str) -> str:
    """An address as it is compared: full-width signs plain, no blanks, no punctuation, capitals; the same room written otherwise is the
    same address as far as that goes."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", address)).upper()


def profile_faults(profile: pb.AgencyProfile, today: date, path: str = "profile") -> list[Violation]:
    """What is wrong with a profile: ID_NUMBER, USCC, NAME, SHARES, TWICE, DATE, EXPIRED, BLANK, PERSONAL_DATA, each at its field."""
    return [
        *_person(profile.legal_name, profile.legal_number, f"{path}.legal", today),
        *_name(profile.contact_name, f"{path}.contact_name"),
        *_shareholders(profile.shareholders, f"{path}.shareholders", today),
        *_people(profile.people, f"{path}.people", today),
        *_avoidances(profile, f"{path}.avoidances"),
        *(
            Violation(f"{path}.{name}", "BLANK", "不能为空")
            for name in ("address", "promise")
            if not _SIGNS.sub("", getattr(profile, name))
        ),
        *(
            Violation(f"{path}.services[{at}]", "BLANK", "不能为空")
            for at, one in enumerate(profile.services)
            if not one.strip()
        ),
        *_published(profile, path),
    ]


def _published(profile: pb.AgencyProfile, path: str) -> Iterator[Violation]:
    """What everybody reads as it stands. The promise is shown to others with stars where it leads to a person."""
    for at, service in enumerate(profile.services):
        yield from model_needs.plain_text(f"{path}.services[{at}]", service)
    for at, one in enumerate(profile.people):
        yield from model_needs.plain_text(f"{path}.people[{at}].certificate_kind", one.certificate_kind)


def qualification_faults(told: pb.NewQualification, today: date, path: str) -> list[Violation]:
    """What is wrong with a qualification: KIND_UNKNOWN, GRADE_UNKNOWN, PERSONAL_DATA, DATE, BEFORE_FROM, EXPIRED, each at its field."""
    found: list[Violation] = []
    if told.kind not in kinds.KINDS:
        found.append(Violation(f"{path}.kind", "KIND_UNKNOWN", "没有此类资质"))
    elif not kinds.grade_known(told.kind, told.grade):
        grades = "、".join(kinds.KINDS[told.kind].grades)
        says = f"等级须为{grades}之一" if grades else "该类资质不分等级"
        found.append(Violation(f"{path}.grade", "GRADE_UNKNOWN", says))
    # Any other long number may be a certificate's own.
    if any(one.kind == personal_data.ID_NUMBER for one in personal_data.found(told.certificate_number)):
        found.append(Violation(f"{path}.certificate_number", "PERSONAL_DATA", "公开的证书编号不得是身份证号码"))
    begins, dated = day_of(told.valid_from), day_of(told.valid_to)
    if begins is None:
        found.append(Violation(f"{path}.valid_from", "DATE", "日期无效"))
    found += _valid_to(told.valid_to, dated, today, f"{path}.valid_to")
    if begins and dated and dated < begins:
        found.append(Violation(f"{path}.valid_to", "BEFORE_FROM", "有效期止早于有效期起"))
    return found


def day_of(text: str) -> date | None:
    """A day as it is written (YYYY-MM-DD); None for none, or for one that never is. The last day of all has no day behind it."""
    try:
        return date.fromisoformat(text) if date.fromisoformat(text) < date.max - timedelta(days=1) else None
    except ValueError:
        return None


def _valid_to(text: str, dated: date | None, today: date, path: str) -> Iterator[Violation]:
    if text and dated is None:
        yield Violation(path, "DATE", "日期无效")
    elif dated and dated < today:
        yield Violation(path, "EXPIRED", "证书已过有效期")


def _person(name: str, number: str, path: str, today: date) -> Iterator[Violation]:
    yield from _name(name, f"{path}_name")
    if not id_number_valid(plain(number), today):
        yield Violation(f"{path}_number", "ID_NUMBER", "身份证号码不正确，请核对")


def _name(name: str, path: str) -> Iterator[Violation]:
    if not name.strip() or name_unclear(name):
        yield Violation(path, "NAME", "姓名含有不规范的字符，请核对")


def _shareholders(all: Sequence[pb.Shareholder], path: str, today: date) -> Iterator[Violation]:
    for at, one in enumerate(all):
        number = plain(one.number)
        # A citizen number has digits before its check character, a USCC's ninth place is the beginning of an organisation code.
        wanted = "ID_NUMBER" if number[:17].isdigit() and not uscc_valid(number) else "USCC"
        if not (uscc_valid(number) or id_number_valid(number, today)):
            says = "身份证号码不正确，请核对" if wanted == "ID_NUMBER" else "统一社会信用代码不正确，请核对"
            yield Violation(f"{path}[{at}].number", wanted, says)
        if not one.name.strip() or (id_number_valid(number, today) and name_unclear(one.name)):
            yield Violation(f"{path}[{at}].name", "NAME", "名称含有不规范的字符，请核对")
    yield from _twice((one.number for one in all), path, "number", "同一股东填写了多次")
    if sum(one.share for one in all) > WHOLE:
        yield Violation(path, "SHARES", "各股东持股比例之和超过100%")


def _people(all: Sequence[pb.AgencyPerson], path: str, today: date) -> Iterator[Violation]:
    for at, one in enumerate(all):
        yield from _name(one.name, f"{path}[{at}].name")
        if not id_number_valid(plain(one.number), today):
            yield Violation(f"{path}[{at}].number", "ID_NUMBER", "身份证号码不正确，请核对")
        yield from _valid_to(one.valid_to, day_of(one.valid_to), today, f"{path}[{at}].valid_to")
    pairs = (f"{plain(one.number)}/{one.certificate_kind.strip()}" for one in all)
    yield from _twice(pairs, path, "certificate_kind", "同一人员的同一证书填写了多次")


def _avoidances(profile: pb.AgencyProfile, path: str) -> Iterator[Violation]:
    for at, one in enumerate(profile.avoidances):
        if not uscc_valid(one.uscc):
            yield Violation(f"{path}[{at}].uscc", "USCC", "统一社会信用代码不正确，请核对")
    yield from _twice((one.uscc for one in profile.avoidances), path, "uscc", "同一单位填写了多次")


def _twice(keys: Iterable[str], path: str, name: str, says: str) -> Iterator[Violation]:
    seen: Counter[str] = Counter()
    for at, key in enumerate(plain(key) for key in keys):
        seen[key] += 1
        if seen[key] == 2:
            yield Violation(f"{path}[{at}].{name}", "TWICE", says)
