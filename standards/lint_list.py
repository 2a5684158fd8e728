"""Rules L301 to L306 of the guide lint: what only shows when the items of a list are seen together. Keeps little of each item."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from standards.lint import LEVELS, OFF, Finding
from standards.lint_known import dialled
from standards.lint_rules import REAL, Level
from standards.lint_words import shown
from yiwang.catalog.v1 import service_pb2 as pb

SAME_PHONE_FROM: Final = 5
"""One telephone for so many departments is a switchboard, or was filled in for all."""


class ListRule(NamedTuple):
    """One rule on a list."""

    id: str
    level: Level
    words: str
    source: str
    hint: str


LIST_RULES: Final = (
    ListRule("L301", "error", "编码在一份清单里不重复", "编码唯一", "核对编码；同一事项只列一次"),
    ListRule(
        "L302", "warning", "同一部门、同一区划的事项名称不重复", REAL, "合并，或在名称中写明区别（新办、变更、注销）"
    ),
    ListRule("L303", "hint", "各部门有自己的咨询电话", REAL, "填写各部门的咨询电话"),
    ListRule("L304", "warning", "一个部门代码只有一个部门名称", REAL, "核对部门代码和名称"),
    ListRule("L305", "hint", "一个部门名称在同一区划只有一个代码", REAL, "核对部门代码"),
    ListRule(
        "L306",
        "warning",
        "同一基本编码的事项类型、法定时限一致",
        "同一事项无差别受理、同标准办理",
        "按上级标准统一要素",
    ),
)


class Listed(NamedTuple):
    """A finding and the row (and file) it is on."""

    file: str
    row: int
    code: str
    name: str
    department: str
    finding: Finding


class _Kept(NamedTuple):
    file: str
    row: int
    code: str
    base: str
    name: str
    department: str
    department_name: str
    region: str
    type_code: str
    statutory: tuple[int, int]
    phones: tuple[str, ...]


class ItemList:
    """The items of one or more files, as far as the rules on a list ask."""

    def __init__(self) -> None:
        self._items: list[_Kept] = []

    def add(self, file: str, row: int, item: pb.ItemDefinition) -> None:
        """Takes an item in."""
        department, limit = item.department, item.statutory_limit
        self._items.append(
            _Kept(
                file, row, item.code, item.base_code, item.name.strip(), department.code, department.name.strip(), item.region,
                item.type_code, (limit.amount, limit.unit), tuple(dialled(item.phone)),
            )
        )  # fmt: skip

    def findings(self, levels: Mapping[str, str] | None = None) -> Iterator[Listed]:
        """What is found in the list, rule by rule, in the order of the rows; `levels` as in standards.lint."""
        checks = (self._codes, self._names, self._phones, self._code_names, self._name_codes, self._bases)
        for rule, check in zip(LIST_RULES, checks, strict=True):
            level = (levels or {}).get(rule.id, rule.level)
            if level == OFF:
                continue
            known = level if level in LEVELS else rule.level
            for kept, field, message in check():
                found = Finding(rule.id, known, field, message, rule.hint)
                yield Listed(kept.file, kept.row, kept.code, kept.name, kept.department_name, found)

    def _codes(self) -> Iterator[tuple[_Kept, str, str]]:
        first: dict[str, _Kept] = {}
        for one in self._items:
            before = first.setdefault(one.code, one)
            if one.code and before is not one:
                yield one, "code", f"编码与{_where(before, one)}重复：{shown(one.code, 50)}"

    def _names(self) -> Iterator[tuple[_Kept, str, str]]:
        first: dict[tuple[str, ...], _Kept] = {}
        for one in self._items:
            before = first.setdefault((one.name, one.department_name, one.region), one)
            if one.name and before is not one and before.code != one.code:
                yield one, "name", f"事项名称与{_where(before, one)}相同：“{shown(one.name)}”"

    def _phones(self) -> Iterator[tuple[_Kept, str, str]]:
        owners: dict[str, set[str]] = {}
        for one in self._items:
            for phone in one.phones:
                owners.setdefault(phone, set()).add(one.department_name)
        shared = {
            phone for phone, names in owners.items() if len(names) >= SAME_PHONE_FROM and not phone.startswith("123")
        }
        told: set[str] = set()
        for one in self._items:
            for phone in shared.intersection(one.phones) - told:
                told.add(phone)
                yield one, "phone", f"咨询电话 {phone} 由{len(owners[phone])}个部门共用"

    def _code_names(self) -> Iterator[tuple[_Kept, str, str]]:
        return self._differ(
            "department", "department_name", "department.name", "部门代码{key}另有名称“{other}”（{where}）"
        )

    def _name_codes(self) -> Iterator[tuple[_Kept, str, str]]:
        return self._differ(
            "department_name", "department", "department.code", "部门“{key}”另有代码{other}（{where}）", True
        )

    def _bases(self) -> Iterator[tuple[_Kept, str, str]]:
        groups: dict[str, list[_Kept]] = {}
        for one in self._items:
            if one.base:
                groups.setdefault(one.base, []).append(one)
        for base, items in groups.items():
            for field, path, name in (
                ("type_code", "type_code", "事项类型"),
                ("statutory", "statutory_limit", "法定时限"),
            ):
                counts = Counter(value for one in items if (value := getattr(one, field)) not in ("", (0, 0)))
                if len(counts) > 1:
                    usual = counts.most_common(1)[0][0]
                    one = next(one for one in items if getattr(one, field) not in (usual, "", (0, 0)))
                    yield one, path, f"基本编码{shown(base)}的{len(items)}个事项有{len(counts)}种{name}"

    def _differ(
        self, key: str, value: str, path: str, words: str, by_region: bool = False
    ) -> Iterator[tuple[_Kept, str, str]]:
        """Each other value of one key, told once, at the first row that has it."""
        first: dict[tuple[str, str], _Kept] = {}
        told: set[tuple[str, str, str]] = set()
        for one in self._items:
            name = (getattr(one, key), one.region if by_region else "")
            before = first.setdefault(name, one)
            mine, other = getattr(one, value), getattr(before, value)
            if name[0] and mine and other and mine != other and (*name, mine) not in told:
                told.add((*name, mine))
                yield one, path, words.format(key=shown(name[0]), other=shown(other), where=_where(before, one))


def _where(one: _Kept, seen_from: _Kept) -> str:
    return f"第{one.row}行" if one.file == seen_from.file else f"{one.file}第{one.row}行"
