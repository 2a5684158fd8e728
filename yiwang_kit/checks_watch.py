"""Checks of watching: tokens, breaks, silence, and what follows when a token is too old."""

import itertools
from typing import Final

from yiwang.case.v1 import events_pb2
from yiwang_kit.checks_calls import Check, Result, after, ends, judged, place, waits
from yiwang_kit.recorder import Entry, Log
from yiwang_kit.settings import QUOTA_WAIT, REOPEN_WITHIN

WATCH: Final = "exchange.proto · WatchCases"
BACK_TO: Final = 2
EVENT_TYPES: Final = frozenset(events_pb2.DESCRIPTOR.message_types_by_name)


def streams(log: Log) -> list[Entry]:
    """The watches, with the token and the types they asked for."""
    return list(log.of("watch"))


def told_in(log: Log, call: int) -> list[Entry]:
    """What a stream told."""
    return [entry for entry in log.of("sent") if entry.call == call]


def _resumed(log: Log) -> list[tuple[Entry, Entry, list[Entry]]]:
    """Every stream that was cut after it told something: its end, the next watch, what it told. Not when there was no next one."""
    watches = streams(log)
    found = []
    for end in ends(log, "WatchCases", "AWAY"):
        told, again = told_in(log, end.call), next((one for one in watches if one.call > end.call), None)
        if told and again:
            found.append((end, again, told))
    return found


def _resumes(log: Log) -> Result:
    faults, seen = [], []
    for _, again, _ in _resumed(log):
        given = {one["token"] for one in log.of("sent") if one.call < again.call}
        if again["token"] in given:
            seen.append(f"{place(again)} 用断点续订")
        else:
            told = "空断点" if not again["token"] else "未曾发出的断点"
            faults.append(f"{place(again)} 中断后用{told}订阅，之间的事件会丢失")
    return judged(faults, seen)


def _newest(log: Log) -> Result:
    pairs = [(again, [one["token"] for one in told]) for _, again, told in _resumed(log)]
    late = [f"{place(again)} 断点不是最新的" for again, told in pairs if again["token"] not in told[-BACK_TO:]]
    return judged(late, bool(pairs))


def _heartbeat(log: Log) -> Result:
    pairs = [(again, told) for _, again, told in _resumed(log) if not told[-1]["type"]]
    faults = []
    for again, told in pairs:
        beats = [one["token"] for one in told[-BACK_TO:] if not one["type"]]
        if again["token"] not in beats:
            faults.append(f"{place(again)} 心跳带来的断点没有保存")
    return judged(faults, bool(pairs))


def _reopens(log: Log) -> Result:
    faults, seen = [], []
    for end in ends(log, "WatchCases", "AWAY", "TOO_MANY_WATCHERS"):
        again = after(log, end, "WatchCases")
        if again is None:
            faults.append(f"{place(end)} 订阅中断后没有重新订阅")
        elif again.at - end.at > REOPEN_WITHIN:
            faults.append(f"{place(again)} 中断 {again.at - end.at:.0f} 秒后才重新订阅")
        else:
            seen.append(f"{place(again)} {again.at - end.at:.1f} 秒后重新订阅")
    return judged(faults, seen)


def _reconciles(log: Log) -> Result:
    faults, seen = [], []
    for end in ends(log, "WatchCases", "RECONCILE_NEEDED"):
        fresh = next((one for one in streams(log) if one.call > end.call and not one["token"]), None)
        compared = [
            one
            for one in log.of("reconcile")
            if one["handled_here"] and one.call > end.call and (fresh is None or one.call < fresh.call)
        ]
        if compared:
            seen.append(f"{place(compared[0])} 对账")
        else:
            faults.append(f"{place(end)} 断点失效后，重新订阅之前没有对账（handled_here=true）")
    return judged(faults, seen)


def _afresh(log: Log) -> Result:
    faults, seen = [], []
    for end in ends(log, "WatchCases", "RECONCILE_NEEDED"):
        again = next((one for one in streams(log) if one.call > end.call), None)
        if again is None:
            faults.append(f"{place(end)} 断点失效后没有重新订阅")
        elif again["token"]:
            faults.append(f"{place(again)} 断点失效后仍带断点订阅")
        else:
            seen.append(f"{place(again)} 用空断点订阅")
    return judged(faults, seen)


def _one_at_a_time(log: Log) -> Result:
    closed = {end.call: end.at for end in log.of("end")}
    calls = log.calls("WatchCases")
    faults = [
        f"{place(later)} 第 {earlier.call} 次调用的订阅尚未结束"
        for earlier, later in itertools.pairwise(calls)
        if closed.get(earlier.call, float("inf")) > later.at + 1
    ]
    return judged(faults, len(calls) > 1)


def _silent(log: Log) -> Result:
    seen = list(log.of("silence"))
    faults = [f"{place(one)} 静默 {one['seconds']:.0f} 秒后仍未重连" for one in seen if not one["given_up"]]
    return judged(faults, [f"静默 {one['seconds']:.0f} 秒后断开重连" for one in seen])


def _types(log: Log) -> Result:
    watches = streams(log)
    faults = [
        f"{place(one)} 事件类型 {kind} 不存在" for one in watches for kind in one["types"] if kind not in EVENT_TYPES
    ]
    return judged(faults, bool(watches))


CHECKS: Final = (
    Check("W01", "订阅中断后用收到过的断点续订", WATCH, "always", "每处理完一条即保存其 token，重连时带上", _resumes),
    Check("W02", "断点保存到最新一条", WATCH, "always", "处理完成后立即保存 token，而不是定时保存", _newest),
    Check("W03", "心跳带来的断点也保存", WATCH, "always", "没有 event 的消息同样保存其 token", _heartbeat),
    Check("W04", "订阅中断后重新订阅", WATCH, "always", f"中断后稍候重连，{REOPEN_WITHIN:.0f} 秒之内", _reopens),
    Check("W05", "订阅数已满时等待再试", WATCH, "always", f"收到 TOO_MANY_WATCHERS 至少等待 {QUOTA_WAIT:.0f} 秒，逐次加倍",
          lambda log: waits(log, "WatchCases", QUOTA_WAIT, "TOO_MANY_WATCHERS")),
    Check("W06", "断点失效后先对账", WATCH, "always", "收到 RECONCILE_NEEDED 即调用 Reconcile（handled_here=true）", _reconciles),
    Check("W07", "断点失效后用空断点订阅", WATCH, "always", "对账后丢弃旧断点，token 置空", _afresh),
    Check("W08", "同一时间只有一个订阅", WATCH, "always", "重连之前取消旧的流", _one_at_a_time),
    Check("W09", "没有心跳的订阅会被放弃并重连", WATCH, "full", "超过 15 秒（例如 45 秒）无消息即取消并重连", _silent),
    Check("W10", "只订阅存在的事件类型", "proto/yiwang/case/v1/events.proto", "always", "类型名与 events.proto 一致", _types),
)  # fmt: skip
