"""Checks of the proof, the token and how calls are repeated. Each is a function over what was seen; so are those of the other files.

The helpers here are shared by all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

from yiwang_kit.recorder import Entry, Log
from yiwang_kit.settings import QUOTA_WAIT, RETRY_WAIT

MOST_EVIDENCE: Final = 20
# Clocks of two programs and a scheduler stand between.
SLACK: Final = 0.05
EXCHANGE: Final = ("ReportCases", "WatchCases", "PushResult", "Reconcile")
MACHINES: Final = "docs/integrating.md · Machines"
Need = Literal["always", "full", "assertion", "sometimes"]


class Result(NamedTuple):
    """What a check came to: passed, failed or not exercised, and the evidence in Chinese."""

    state: Literal["passed", "failed", "none"]
    evidence: list[str]


class Check(NamedTuple):
    """One check. `need` says when it has to be exercised: always, in the full plan, with assertions, or only where there is occasion."""

    id: str
    title: str
    source: str
    need: Need
    mend: str
    run: Callable[[Log], Result]


def judged(faults: Iterable[str], seen: Sequence[str] | bool) -> Result:
    """Failed with the faults when there are any, else passed with what was seen, else not exercised."""
    found = list(dict.fromkeys(faults))
    if found:
        more = [f"…… 另有 {len(found) - MOST_EVIDENCE} 处"] if len(found) > MOST_EVIDENCE else []
        return Result("failed", found[:MOST_EVIDENCE] + more)
    shown = [] if isinstance(seen, bool) else list(dict.fromkeys(seen))[:3]
    return Result("passed" if seen else "none", shown)


def place(entry: Entry) -> str:
    """Where something was seen, in Chinese."""
    return f"第 {entry.call} 次调用（{entry.at:.1f} 秒）"


def ends(log: Log, rpc: str, *reasons: str) -> list[Entry]:
    """How calls of an RPC ended, those with these reasons (AWAY, QUOTA_EXHAUSTED …)."""
    calls = {entry.call for entry in log.calls(rpc)}
    return [entry for entry in log.of("end") if entry.call in calls and entry["reason"] in reasons]


def after(log: Log, end: Entry, rpc: str) -> Entry | None:
    """The next call of an RPC after an end."""
    return next((call for call in log.calls(rpc) if call.call > end.call and call.at >= end.at - SLACK), None)


def waits(log: Log, rpc: str, least: float, *reasons: str) -> Result:
    """Whether after each such end the next call came, and not before `least` seconds."""
    faults, seen = [], []
    for end in ends(log, rpc, *reasons):
        again = after(log, end, rpc)
        if again is None:
            faults.append(f"{place(end)} {rpc} 被答复 {end['reason']} 后没有再次调用")
        elif again.at - end.at < least - SLACK:
            faults.append(f"{place(again)} {rpc}：{end['reason']} 之后仅 {again.at - end.at:.2f} 秒即再次调用")
        else:
            seen.append(f"{place(again)} {rpc}：{end['reason']} 之后 {again.at - end.at:.1f} 秒再次调用")
    return judged(faults, seen)


# -- the checks --------------------------------------------------------------------------------------------------------


def _assertion(log: Log) -> Result:
    seen = list(log.of("assertion"))
    return judged([f"{place(one)} 断言不合规：{'、'.join(one['faults'])}" for one in seen if one["faults"]], bool(seen))


def _lifetime(log: Log) -> Result:
    told = [one for one in log.of("assertion") if one["seconds"] is not None]
    faults = [f"{place(one)} exp 在 {one['seconds']} 秒之后" for one in told if not 0 < one["seconds"] <= 300]
    return judged(faults, bool(told))


def _jti(log: Log) -> Result:
    used: dict[str, Entry] = {}
    faults = []
    for one in log.of("assertion"):
        if one["jti"] in used:
            faults.append(f"{place(one)} 的 jti 已在第 {used[one['jti']].call} 次调用用过")
        if one["jti"]:
            used.setdefault(one["jti"], one)
    return judged(faults, len(used) > 1)


def _signature(log: Log) -> Result:
    seen = [one for one in log.of("assertion") if one["signed"] is not None]
    return judged([f"{place(one)} 断言签名无法用所给公钥验证" for one in seen if not one["signed"]], bool(seen))


def _bearer(log: Log) -> Result:
    calls = [call for rpc in EXCHANGE for call in log.calls(rpc)]
    return judged([f"{place(one)} {one['rpc']} 未携带本次签发的令牌" for one in calls if not one["token"]], bool(calls))


def _renewed(log: Log) -> Result:
    faults, seen = [], []
    for rpc in EXCHANGE:
        for end in ends(log, rpc, "TOKEN_EXPIRED"):
            again = after(log, end, rpc)
            if again is None:
                faults.append(f"{place(end)} {rpc} 令牌过期后没有再次调用")
            else:
                seen.append(f"{place(again)} {rpc} 再次调用")
    return judged(faults, seen)


def _expired_again(log: Log) -> Result:
    numbers = {call.call: call["token"] for rpc in EXCHANGE for call in log.calls(rpc)}
    over: dict[int, float] = {}
    for rpc in EXCHANGE:
        for end in ends(log, rpc, "TOKEN_EXPIRED"):
            over.setdefault(numbers[end.call], end.at)
    calls = [call for rpc in EXCHANGE for call in log.calls(rpc)]
    late = [call for call in calls if call["token"] in over and call.at > over[call["token"]] + SLACK]
    return judged([f"{place(call)} {call['rpc']} 仍用已被告知过期的令牌" for call in late], bool(over))


def _frugal(log: Log) -> Result:
    issued = len(list(log.of("token")))
    calls = sum(len(log.calls(rpc)) for rpc in EXCHANGE)
    wasteful = issued >= 6 and issued * 4 >= calls * 3
    return judged([f"{calls} 次调用取了 {issued} 次令牌"] if wasteful else [], calls >= 6)


def _deadline(log: Log) -> Result:
    calls = [call for rpc in ("IssueMachineToken", "PushResult", "Reconcile") for call in log.calls(rpc)]
    return judged([f"{place(one)} {one['rpc']} 未设超时" for one in calls if not one["deadline"]], bool(calls))


def _away(log: Log) -> Result:
    results = [waits(log, rpc, RETRY_WAIT, "AWAY") for rpc in EXCHANGE]
    faults = [line for one in results if one.state == "failed" for line in one.evidence]
    return judged(faults, [line for one in results if one.state == "passed" for line in one.evidence])


CHECKS: Final = (
    Check("K01", "断言的算法与声明合规（iss=sub、aud、exp、jti）", MACHINES, "assertion",
          "iss 与 sub 都填系统编号，aud 填 yiwang.identity，算法用 EdDSA/ES256/ES384/PS256/RS256", _assertion),
    Check("K02", "断言有效期不超过五分钟", MACHINES, "assertion", "exp 取当前时间加 60 秒；核对本机时钟", _lifetime),
    Check("K03", "每次断言使用新的 jti", MACHINES, "assertion", "jti 用随机 UUID，断言不缓存", _jti),
    Check("K04", "断言签名可用登记的公钥验证", MACHINES, "sometimes", "核对登记的 JWK 与签名所用私钥", _signature),
    Check("K05", "每次调用携带签发的令牌", MACHINES, "always", "在元数据中加 authorization: Bearer <令牌>", _bearer),
    Check("K06", "令牌过期后重新获取并重做该调用", MACHINES, "always", "收到 UNAUTHENTICATED 时取新令牌，重发同一请求", _renewed),
    Check("K07", "已被告知过期的令牌不再使用", MACHINES, "always", "各线程共用一个令牌存放处，过期即换", _expired_again),
    Check("K08", "一个令牌用于多次调用", MACHINES, "always", "缓存令牌，到期前 15 秒再换", _frugal),
    Check("K09", "一般调用设置超时", "proto/yiwang/case/v1/exchange.proto", "always", "每次调用设置期限（如 20 秒）", _deadline),
    Check("K10", "配额用尽后等待再试", MACHINES, "always",
          f"收到 QUOTA_EXHAUSTED 至少等待 {QUOTA_WAIT:.0f} 秒，逐次加倍",
          lambda log: waits(log, "ReportCases", QUOTA_WAIT, "QUOTA_EXHAUSTED")),
    Check("K11", "平台暂不可用时稍候重试", "docs/integrating.md · Conformance kit", "always",
          f"收到 UNAVAILABLE 等待至少 {RETRY_WAIT} 秒再试，逐次加倍，不放弃", _away),
)  # fmt: skip
