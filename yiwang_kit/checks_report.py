"""Checks of reporting: rows, what comes again after a cut or a stop, what becomes of refused rows."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from yiwang_kit.cases import RULES, CaseRule, Fact, broken
from yiwang_kit.checks_calls import Check, Need, Result, after, ends, judged, place
from yiwang_kit.recorder import Entry, Log
from yiwang_kit.settings import MOST_AGAIN, MOST_ROWS, QUOTA_WAIT

REPORT: Final = "exchange.proto · ReportCases"
ROW: Final = "exchange.proto · ReportRow"
TIMES: Final = ("at", "started_at", "ended_at", "promised_due", "until")
Key = tuple[str, int]


def key(row: Entry) -> Key:
    """Which row it is: case and seq."""
    return row["fact"]["number"], row["fact"]["seq"]


def rows_of(log: Log, call: int) -> list[Entry]:
    """The rows of a call."""
    return [row for row in log.of("row") if row.call == call]


def told_calls(log: Log) -> set[int]:
    """The calls that were answered: the system knows what became of their rows."""
    return {answer.call for answer in log.of("answer")}


def name(row: Entry) -> str:
    """A row as evidence names it."""
    number, seq = key(row)
    where = f"{place(row)} 第 {row['position']} 行" if row.call else f"文件第 {row['position']} 行"
    return f"{where}（{number} 序号 {seq}）"


class Later:
    """Rows by case and seq, to find the next one of the same."""

    def __init__(self, log: Log) -> None:
        self._rows: dict[Key, list[Entry]] = {}
        for row in log.of("row"):
            self._rows.setdefault(key(row), []).append(row)

    def after(self, row: Entry) -> Entry | None:
        """The same case and seq in the next call that has it."""
        return next((one for one in self._rows[key(row)] if one.call > row.call), None)


def _batches(log: Log) -> Result:
    seen = list(log.of("batch"))
    return judged([f"{place(one)} 一批 {one['rows']} 行" for one in seen if one["rows"] > MOST_ROWS], bool(seen))


def _profile(log: Log) -> Result:
    names = {one["profile"] or "gbt39046" for one in log.of("batch")}
    faults = [f"{place(end)} 代码表不存在" for end in ends(log, "ReportCases", "PROFILE_UNKNOWN")]
    return judged(faults + ([f"使用了多个代码表：{'、'.join(sorted(names))}"] if len(names) > 1 else []), bool(names))


def _kind_of(field: str, reason: str) -> str:
    """Which check a fault of a row belongs to."""
    if reason.startswith("FOREIGN_") or field == "department":
        return "own"
    if reason == "FUTURE_TIME" or (field.rpartition(".")[2] in TIMES):
        return "times"
    return "first" if reason == "FIRST_ROW" else "content"


def _faults(kind: str) -> Callable[[Log], Result]:
    def found(log: Log) -> Result:
        rows = {(key(row), row["digest"]): row for row in reversed(list(log.of("row")))}.values()
        faults = [
            f"{name(row)}：{field} {reason}"
            for row in reversed(rows)
            for field, reason in row["faults"]
            if _kind_of(field, reason) == kind
        ]
        return judged(faults, bool(rows))

    return found


def _cut(log: Log) -> Iterator[Entry]:
    for end in ends(log, "ReportCases", "AWAY"):
        yield from rows_of(log, end.call)


def _again(log: Log) -> Result:
    seen, later = list(_cut(log)), Later(log)
    lost = [f"{name(row)} 未得到答复，之后没有重发" for row in seen if later.after(row) is None]
    return judged(lost, [f"{place(row)} 中断前的行" for row in seen])


def _same(log: Log) -> Result:
    later = Later(log)
    pairs = [(row, again) for row in _cut(log) if (again := later.after(row))]
    changed = [f"{name(again)} 与中断前内容不同" for row, again in pairs if row["digest"] != again["digest"]]
    return judged(changed, bool(pairs))


def _rest(log: Log) -> Result:
    told = told_calls(log)
    seen = [row for row in log.of("row") if row["became"] == "unread" and row.call in told]
    later = Later(log)
    lost = [f"{name(row)} 平台停止读取，之后没有重发" for row in seen if later.after(row) is None]
    return judged(lost, [f"{place(row)} 未读的行" for row in seen])


def _from_read(log: Log) -> Result:
    faults, seen = [], []
    for answer in (one for one in log.of("answer") if one["stopped"]):
        settled = {key(row) for row in rows_of(log, answer.call) if row["became"] in ("landed", "known")}
        following = next(
            (call for call in log.calls("ReportCases") if call.call > answer.call and rows_of(log, call.call)), None
        )
        if following:
            seen.append(f"{place(following)} 继续")
            faults += [f"{name(row)} 已被读取，不应重发" for row in rows_of(log, following.call) if key(row) in settled]
    return judged(faults, seen)


def _stop_wait(log: Log) -> Result:
    faults, seen = [], []
    for answer in (one for one in log.of("answer") if one["stopped"]):
        again = after(log, answer, "ReportCases")
        if again and again.at - answer.at < QUOTA_WAIT - 0.05:
            faults.append(f"{place(again)} 停止读取之后仅 {again.at - answer.at:.2f} 秒即重发")
        elif again:
            seen.append(f"{place(again)} {again.at - answer.at:.1f} 秒之后重发")
    return judged(faults, seen)


def _refused(log: Log) -> list[Entry]:
    """The first time each content was told to be at fault."""
    told = told_calls(log)
    found: dict[tuple[Key, str], Entry] = {}
    for row in log.of("row"):
        if row.call in told and row["became"] in ("refused", "faulty", "changed"):
            found.setdefault((key(row), row["digest"]), row)
    return list(found.values())


def _unchanged(log: Log) -> Result:
    faults, seen = [], _refused(log)
    calls: dict[str, list[int]] = {}
    for one in log.of("row"):
        calls.setdefault(one["digest"], []).append(one.call)
    for row in seen:
        again = sum(call > row.call for call in calls[row["digest"]])
        if again > MOST_AGAIN:
            faults.append(f"{name(row)} 被拒后原样重发 {again} 次")
    return judged(faults, [name(row) for row in seen])


def _renumbered(log: Log) -> Result:
    seen = _refused(log)
    bodies = {row["body"]: row for row in seen}
    faults = [
        f"{name(one)} 与被拒的序号 {key(bodies[one['body']])[1]} 内容相同"
        for one in log.of("row")
        if one["body"] in bodies and key(one) != key(bodies[one["body"]]) and one.call > bodies[one["body"]].call
    ]
    return judged(faults, [name(row) for row in seen])


def _settled_again(log: Log) -> Result:
    told, wanted = told_calls(log), {(number, seq) for one in log.of("reconcile") for number, seq in one["wanted"]}
    settled: dict[tuple[Key, str], Entry] = {}
    again: Counter[tuple[Key, str]] = Counter()
    for row in log.of("row"):
        same = (key(row), row["digest"])
        if same in settled and row.call > settled[same].call and wanted.isdisjoint((key(row), (key(row)[0], 0))):
            again[same] += 1
        if row.call in told and row["became"] in ("landed", "known"):
            settled.setdefault(same, row)
    faults = [
        f"{name(settled[one])} 已答复，之后又重发 {count} 次" for one, count in again.items() if count > MOST_AGAIN
    ]
    return judged(faults, bool(settled))


def _changed(log: Log) -> Result:
    rows = list(log.of("row"))
    return judged([f"{name(row)} 已入库，内容不同" for row in rows if row["became"] == "changed"], bool(rows))


def _case_check(rule: CaseRule) -> Check:
    """A check for a rule about the rows of one case, over all that were sent."""

    def found(log: Log) -> Result:
        facts = [Fact(**row["fact"]) for row in log.of("row")]
        faults = [f"{number} 序号 {seq}：{why}" for _, number, seq, why in broken(facts, datetime.now(UTC), (rule,))]
        return judged(faults, any(rule.about in ("", fact.kind) for fact in facts))

    need: Need = "always" if rule.about in ("", "accepted", "closed") else "sometimes"
    return Check(rule.id, rule.title, rule.source, need, rule.mend, found)


CHECKS: Final = (
    Check("R01", f"每批至多 {MOST_ROWS} 行", REPORT, "always", "分批发送，例如每批 500 行", _batches),
    Check("R02", "代码表已知且前后一致", REPORT, "always", "profile 取 gbt39046、national、guangdong、spgl 之一", _profile),
    Check("R03", "各行内容合规", ROW, "always", "按所列字段与原因更正；可先用 check 命令离线检查", _faults("content")),
    Check("R04", "只回传本部门、本辖区的办件", ROW, "always", "department 填本部门统一社会信用代码，region 填本辖区", _faults("own")),
    Check("R05", "时间带时区且不晚于当前时间", ROW, "always", "时间用 RFC 3339，例如 2026-11-20T09:30:00+08:00；校准时钟",
          _faults("times")),
    Check("R06", "序号 1 且仅序号 1 是申请", ROW, "always", "每个办件从申请开始编号", _faults("first")),
    Check("R07", "无答复即中断后，未得到答复的行全部重发", REPORT, "always", "得到答复之前，行保持“待发”", _again),
    Check("R08", "重发的行内容与序号不变", REPORT, "always", "重发时使用已保存的原行，不重新生成（尤其是时间）", _same),
    Check("R09", "stopped 之后余下的行稍后发送", REPORT, "always", "read 之后的行保持“待发”", _rest),
    Check("R10", "stopped 之后从 read 处继续", REPORT, "always", "read 之前的行视为已答复", _from_read),
    Check("R11", "stopped 之后稍候再发", REPORT, "always", f"至少等待 {QUOTA_WAIT:.0f} 秒", _stop_wait),
    Check("R12", "被拒的行不原样反复重发", REPORT, "always", "被拒的行搁置，待更正后再发", _unchanged),
    Check("R13", "被拒的行更正后序号不变", REPORT, "always", "以同一序号重报更正后的内容", _renumbered),
    Check("R14", "已答复的行不反复重发", REPORT, "always", "按答复更新发送状态，重启或有疑问时至多重发两次；个别行被拒不影响其他行",
          _settled_again),
    Check("R15", "已入库的行内容不变", REPORT, "always", "更正以新的序号回传，不改已报的行", _changed),
    *(_case_check(rule) for rule in RULES),
)  # fmt: skip
