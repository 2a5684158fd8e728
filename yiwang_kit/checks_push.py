"""Checks of results and of comparisons: what is sent again with which id, and what follows from differences."""

from collections import Counter
from typing import Final

from yiwang_kit.checks_calls import Check, Result, ends, judged, place
from yiwang_kit.checks_report import key
from yiwang_kit.recorder import Entry, Log
from yiwang_kit.settings import MOST_AGAIN

PUSH: Final = "exchange.proto · PushResult"
RECONCILE: Final = "exchange.proto · Reconcile"
# A system may need so long to take an event in.
TAKING_IN: Final = 1.0


def _pushes(log: Log) -> list[tuple[Entry, str, str]]:
    """Every push with the code and the reason it ended by."""
    ended = {end.call: end for end in log.of("end")}
    return [(one, ended[one.call]["code"], ended[one.call]["reason"]) for one in log.of("push") if one.call in ended]


def _sent_again(log: Log, wanted: str) -> Result:
    """After such an end, the same case with the same id and content."""
    faults, seen = [], []
    for push in (one for one, _, reason in _pushes(log) if reason == wanted):
        again = next((o for o in log.of("push") if o.call > push.call and o["case_id"] == push["case_id"]), None)
        if again is None:
            faults.append(f"{place(push)} 结果推送未得到答复，之后没有重发")
        elif again["request_id"] != push["request_id"]:
            faults.append(f"{place(again)} 重发时换了 request_id，会被当作另一次推送")
        elif again["digest"] != push["digest"]:
            faults.append(f"{place(again)} 重发时内容不同")
        else:
            seen.append(f"{place(again)} 以同一 request_id 重发")
    return judged(faults, seen)


def _given_up(log: Log) -> Result:
    refused = [one for one, _, reason in _pushes(log) if reason == "MOVE_NOT_ALLOWED"]
    counted = Counter(one["case_id"] for one in refused)
    faults = [f"办件 {id} 不允许推送，仍推送 {n} 次" for id, n in counted.items() if n > 1 + MOST_AGAIN]
    return judged(faults, [f"{place(one)} 被拒" for one in refused])


def _own_id(log: Log) -> Result:
    first: dict[str, Entry] = {}
    faults = []
    for one in log.of("push"):
        before = first.setdefault(one["request_id"], one)
        if before["case_id"] != one["case_id"]:
            faults.append(f"{place(one)} 与第 {before.call} 次调用共用 request_id")
    return judged(faults, len({one["case_id"] for one in log.of("push")}) > 1)


def _told_cases(log: Log) -> Result:
    pushes = _pushes(log)
    return judged(
        [f"{place(one)} 办件不是由平台告知的" for one, _, reason in pushes if reason == "NOT_FOUND"], bool(pushes)
    )


def _fields(log: Log) -> Result:
    pushes = _pushes(log)
    faults = [
        f"{place(one)} 请求不合规：{reason}"
        for one, code, reason in pushes
        if code == "INVALID_ARGUMENT" and reason != "REQUEST_ID_REUSED"
    ]
    early = ends(log, "PushResult", "FIELD_RULE")
    return judged(faults + [f"{place(end)} 请求不合规" for end in early], bool(pushes or early))


def _once(log: Log) -> Result:
    done: dict[str, Entry] = {}
    faults = []
    for one, code, _ in _pushes(log):
        if one["case_id"] in done:
            faults.append(f"{place(one)} 第 {done[one['case_id']].call} 次调用已成功，仍再次推送")
        if code == "OK":
            done.setdefault(one["case_id"], one)
    return judged(faults, bool(done))


# -- comparisons -------------------------------------------------------------------------------------------------------


def _compared(log: Log, handled_here: bool) -> list[Entry]:
    return [one for one in log.of("reconcile") if one["handled_here"] is handled_here]


def _named(log: Log) -> Result:
    seen = [one for one in _compared(log, False) if one["here"]]
    faults = []
    for one in seen:
        named = {number for number, _ in one["entries"]}
        faults += [f"{place(one)} {one['day']} 未列出已回传的 {n}" for n, _, _ in one["here"] if n not in named]
    return judged(faults, bool(seen))


def _newest(log: Log) -> Result:
    seen = [one for one in _compared(log, False) if one["here"] and one["entries"]]
    faults = []
    for one in seen:
        newest = {number: seq for number, seq, _ in one["here"]}
        faults += [
            f"{place(one)} {n} 报为序号 {seq}，实际已回传到 {newest[n]}"
            for n, seq in one["entries"]
            if seq < newest.get(n, 0)
        ]
    return judged(faults, bool(seen))


def _each_once(log: Log) -> Result:
    seen = list(log.of("reconcile"))
    counted = [(one, n, c) for one in seen for n, c in Counter(number for number, _ in one["entries"]).items()]
    return judged([f"{place(one)} {n} 列出 {c} 次" for one, n, c in counted if c > 1], bool(seen))


def _repeated(log: Log) -> Result:
    faults: list[str] = []
    seen: list[str] = []
    for end in ends(log, "Reconcile", "AWAY"):
        compared = {one.call: one for one in log.of("reconcile")}
        day = compared[end.call]["day"]
        again = [one for one in compared.values() if one.call > end.call and one["day"] == day]
        (seen if again else faults).append(
            f"{place(end)} {day} 对账中断" + ("，之后重做" if again else "，之后没有重做")
        )
    return judged(faults, seen)


def _lost(log: Log) -> list[tuple[Entry, tuple[str, int]]]:
    return [(one, (number, seq)) for one in log.of("reconcile") for number, seq in one["lost"]]


def _made_up(log: Log) -> Result:
    rows = list(log.of("row"))
    lost = _lost(log)
    missing = [
        f"{place(one)} 差异中的 {k[0]} 序号 {k[1]} 没有补报"
        for one, k in lost
        if not any(row.call > one.call and key(row) == k for row in rows)
    ]
    return judged(missing, [f"{place(one)} 差异 {k[0]} 序号 {k[1]}" for one, k in lost])


def _made_up_same(log: Log) -> Result:
    rows = list(log.of("row"))
    faults, some = [], False
    for one, k in _lost(log):
        before = [row for row in rows if row.call < one.call and key(row) == k]
        later = [row for row in rows if row.call > one.call and key(row) == k]
        some = some or bool(later)
        if before and later and before[-1]["digest"] != later[0]["digest"]:
            faults.append(f"{place(later[0])} 补报的 {k[0]} 序号 {k[1]} 与原来内容不同")
    return judged(faults, some)


def _watched(log: Log) -> Result:
    seen = [one for one in _compared(log, True) if one["here"]]
    faults = []
    for one in seen:
        named, known = {number for number, _ in one["entries"]}, {number for number, _, _ in one["here"]}
        settled = [number for number, _, age in one["here"] if age >= TAKING_IN]
        faults += [f"{place(one)} 未列出平台告知的 {number}" for number in settled if number not in named]
        faults += [f"{place(one)} 列出平台没有的 {number}" for number in named - known]
    return judged(faults, bool(seen))


def _versions(log: Log) -> Result:
    seen = [one for one in _compared(log, True) if one["here"] and one["entries"]]
    faults = []
    for one in seen:
        here = {number: seq for number, seq, age in one["here"] if age >= TAKING_IN}
        faults += [
            f"{place(one)} {number} 报为第 {seq} 版，平台告知到第 {here[number]} 版"
            for number, seq in one["entries"]
            if number in here and seq != here[number]
        ]
    return judged(faults, bool(seen))


CHECKS: Final = (
    Check("P01", "推送未得到答复时以同一 request_id 重发", PUSH, "always", "先保存 request_id 与内容，再发送；重发时不变",
          lambda log: _sent_again(log, "AWAY")),
    Check("P02", "并发冲突（ABORTED）时重试", PUSH, "always", "稍候以同一 request_id 重发",
          lambda log: _sent_again(log, "CHANGED_MEANWHILE")),
    Check("P03", "不允许推送的办件不反复推送", PUSH, "always", "收到 MOVE_NOT_ALLOWED 转人工处理", _given_up),
    Check("P04", "每个办件的推送用各自的 request_id", PUSH, "always", "request_id 用随机 UUID", _own_id),
    Check("P05", "只推送平台告知的办件", PUSH, "always", "case_id 取自事件", _told_cases),
    Check("P06", "推送内容合规（不予许可有理由，决定时间带时区、不早于受理、不在未来）", "行政许可法第三十八条",
          "always", "按 exchange.proto 中 PushResultRequest 的说明填写", _fields),
    Check("P07", "推送成功后不再推送", PUSH, "always", "按答复更新推送状态", _once),
    Check("D01", "对账列出当日全部已回传办件", RECONCILE, "always", "按申请时间的中国日期归日", _named),
    Check("D02", "对账所列序号是最新的", RECONCILE, "always", "取每个办件已发送的最大序号", _newest),
    Check("D03", "对账中每个办件只列一次", RECONCILE, "always", "按办件编号去重，取最大序号", _each_once),
    Check("D04", "对账中断后重做", RECONCILE, "always", "收到 UNAVAILABLE 稍候重试", _repeated),
    Check("D05", "差异中平台缺少的行补报", RECONCILE, "always", "MISSING_HERE 补报全部行，BEHIND_HERE 补报 missing_seqs", _made_up),
    Check("D06", "补报的行与原来相同", RECONCILE, "always", "保存已发送的行，补报时原样发送", _made_up_same),
    Check("D07", "对账列出平台告知的全部办件", RECONCILE, "always", "把事件中的办件记入本系统", _watched),
    Check("D08",
        "重复或迟到的事件不改变办件版本", "exchange.proto · CaseEvent.seq", "always", "按 case_id 与 seq 去重", _versions),
)  # fmt: skip
