"""Writes docs/moves.md from the tables of moves: `python docs/make_moves.py`; with `--check` it only says whether the file is true."""

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from chassis.acts import REALMS
from services.case import model, model_moves, views_parts
from services.case.model_moves import Move
from services.intermediary import model as market
from services.intermediary import model_agencies as agencies
from services.intermediary import model_agencies_moves as agency_moves
from services.intermediary import model_moves as market_moves
from services.policy import model as claims
from services.policy import model_appeals as appeals
from services.policy import model_appeals_moves as appeal_moves
from services.policy import model_complaints as complaints
from services.policy import model_complaints_moves as complaint_moves
from services.policy import model_moves as claim_moves
from services.policy import model_news as news
from services.policy import model_rolls as rolls
from services.rating import model_moves as loop_moves
from services.rating import model_tickets
from services.rating import model_tickets_moves as ticket_moves
from yiwang.case.v1 import service_pb2 as pb
from yiwang.intermediary.v1 import agencies_pb2
from yiwang.intermediary.v1 import service_pb2 as intermediary
from yiwang.policy.v1 import appeals_pb2, claims_pb2, complaints_pb2, news_pb2, rolls_pb2
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import tickets_pb2 as tickets

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs/moves.md"
WHO = {"person": "申请人", "officer": "工作人员", "service": "系统", "machine": "部门系统"}
STATES = {"reason": "理由", "materials": "材料", "opinion": "意见", "evidence": "证据", "document": "文书"}
SEES = {
    model_moves.DEPARTMENT: "审批部门",
    model_moves.APPLICANT: "本人或其代办人",
    model_moves.RECEIVER: "收件窗口",
    model_moves.CONSULTED: "被征求意见部门",
    model_moves.SYSTEM: "定时器",
}
HEAD = """# Moves of a case

Drawn from `services/case/model_moves.py` by `python docs/make_moves.py`; a test compares. Every (status, move) pair that is
not here is refused with `MOVE_NOT_ALLOWED`.

"""


class Table(NamedTuple):
    """A table of moves of another service: its heading, where it stands, its statuses, how their enum begins, which of them end it."""

    head: str
    told: str
    moves: ModuleType
    statuses: Mapping[int, str]
    prefix: str
    named: Callable[[Any], str]
    ends: Collection[int]


TABLES = (
    Table(
        "Moves of a negative rating",
        "`services/rating/model_moves.py`: the closed loop (差评整改闭环). What beside the status has to hold is said there, too",
        loop_moves,
        loop_moves.STATUSES,
        "LOOP_STATUS_",
        rating.LoopStatus.Name,
        (loop_moves.CLOSED,),
    ),
    Table(
        "Moves of a ticket",
        "`services/rating/model_tickets_moves.py`: 咨询、投诉、码上监督、办不成事、建议、12345 热线",
        ticket_moves,
        model_tickets.STATUSES,
        "TICKET_STATUS_",
        tickets.TicketStatus.Name,
        (model_tickets.WITHDRAWN,),
    ),
    Table(
        "Moves of a procurement",
        "`services/intermediary/model_moves.py`: 中介服务采购. What beside the status has to hold is said there, too",
        market_moves,
        market.STATUSES,
        "PROCUREMENT_STATUS_",
        intermediary.ProcurementStatus.Name,
        (market.ARCHIVED, market.ENDED),
    ),
    Table(
        "Moves of an agency",
        "`services/intermediary/model_agencies_moves.py`: 中介机构. What beside the standing has to hold is said there, too; "
        "nothing ends it for ever, who left or was returned may enter again",
        agency_moves,
        agencies.STANDINGS,
        "AGENCY_STANDING_",
        agencies_pb2.AgencyStanding.Name,
        (),
    ),
    Table(
        "Moves of a claim",
        "`services/policy/model_moves.py`: 兑付申请. Where a claim goes on to is told in `services/policy/model_claims.py` `onward`; "
        "after what ended without money an enterprise may claim again",
        claim_moves,
        claims.STATUSES,
        "CLAIM_STATUS_",
        claims_pb2.ClaimStatus.Name,
        (claims.RECOVERED,),
    ),
    Table(
        "Moves of a roll",
        "`services/policy/model_rolls.py`: 免申即享名单",
        rolls,
        rolls.STATUSES,
        "ROLL_STATUS_",
        rolls_pb2.RollStatus.Name,
        (rolls.ISSUED, rolls.DROPPED),
    ),
    Table(
        "Moves of an appeal",
        "`services/policy/model_appeals_moves.py`: 企业诉求. What beside the status has to hold is said there, too; "
        "what was closed may be opened again for a while",
        appeal_moves,
        appeals.STATUSES,
        "APPEAL_STATUS_",
        appeals_pb2.AppealStatus.Name,
        (appeals.CLOSED,),
    ),
    Table(
        "Moves of a complaint to supervision",
        "`services/policy/model_complaints_moves.py`: 营商环境投诉",
        complaint_moves,
        complaints.STATUSES,
        "COMPLAINT_STATUS_",
        complaints_pb2.ComplaintStatus.Name,
        (complaints.CONCLUDED, complaints.WITHDRAWN),
    ),
    Table(
        "Moves of news",
        "`services/policy/model_news.py`: 招商项目、产业园区、人才资讯、通知公告; nothing ends it for ever",
        news,
        news.STATUSES,
        "NEWS_STATUS_",
        news_pb2.NewsStatus.Name,
        (),
    ),
)
WHO_OF_OTHERS = {
    loop_moves.RATER: "评价人",
    loop_moves.DEPARTMENT: "责任部门",
    loop_moves.SUPERVISOR: "监察",
    loop_moves.SYSTEM: "定时器",
    model_tickets.ASKER: "诉求人",
    model_tickets.PLATFORM: "12345 平台",
    market_moves.OWNER: "业主",
    market_moves.WINNER: "中选机构",
    market_moves.OPERATOR: "超市管理",
    market_moves.BIDDER: "报名机构",
    market_moves.EVALUATOR: "评审专家",
    agency_moves.AGENCY: "机构",
    agency_moves.ANYBODY: "任何人",
    appeals.ENTERPRISE: "企业",
    claim_moves.REVIEWER: "兑付审核",
    claim_moves.FINANCE: "财政",
    appeals.ROUTER: "转办人员",
    complaint_moves.COMPLAINANT: "投诉人",
    news.DESK: "发布部门",
}


def _status(status: int) -> str:
    return pb.CaseStatus.Name(status).removeprefix("CASE_STATUS_")  # type: ignore[arg-type]


def _who(move: Move) -> str:
    roles = f"（{'、'.join(move.role)}）" if move.role else ""
    return f"{WHO[REALMS[move.realm]]}{roles} · {SEES[move.sees]}"


def _row(name: str, move: Move) -> str:
    sources, targets = ("、".join(_status(one) for one in found) for found in (move.sources, move.targets))
    stays = not model_moves.leads(name)
    said = "、".join(STATES[one] for one in move.states)
    cells = [f"`{name}` {move.title}", _who(move), sources, "不变" if stays else targets, move.clock, said, move.law]
    return f"| {' | '.join(cells)} |"


def diagram() -> list[str]:
    """The moves that lead elsewhere, as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for status, title in views_parts.STATUSES.items():
        lines.append(f"    {_status(status)}: {title}")
    for name in model_moves.MOVES:
        pairs = model_moves.leads(name)
        lines += [f"    {_status(source)} --> {_status(target)}: {name}" for source, target in pairs]
    lines += [f"    {_status(status)} --> [*]" for status in sorted(model.ENDED)]
    return [*lines, "```"]


def section(table: Table) -> str:
    """A table of moves of another service: statuses, moves and diagram."""

    def status(number: int) -> str:
        return table.named(number).removeprefix(table.prefix)

    def row(name: str, move: Any) -> str:
        told = getattr(move, "roles", ())
        roles = f"（{'、'.join(told)}）" if told else ""
        who = f"{'、'.join(WHO_OF_OTHERS[one] for one in getattr(move, 'sees', ()) or move.by)}{roles}"
        sources, targets = ("、".join(status(one) for one in found) for found in (move.sources, move.targets))
        return f"| `{name}` {move.title} | {who} | {sources} | {targets if table.moves.leads(name) else '不变'} |"

    lines = [f"\n# {table.head}\n\nDrawn from {table.told}.\n", "| status | 中文 |", "|---|---|"]
    lines += [f"| `{status(number)}` | {title} |" for number, title in table.statuses.items()]
    lines += ["", "| move | who | from | to |", "|---|---|---|---|"]
    lines += [row(name, move) for name, move in table.moves.MOVES.items()]
    lines += ["", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {status(number)}: {title}" for number, title in table.statuses.items()]
    for name in table.moves.MOVES:
        lines += [f"    {status(source)} --> {status(target)}: {name}" for source, target in table.moves.leads(name)]
    return "\n".join([*lines, *(f"    {status(one)} --> [*]" for one in table.ends), "```"]) + "\n"


def text() -> str:
    """The whole file."""
    table = ["| move | who | from | to | clocks | states | law |", "|---|---|---|---|---|---|---|"]
    table += [_row(name, move) for name, move in model_moves.MOVES.items()]
    statuses = ["| status | 中文 | |", "|---|---|---|"]
    for status, title in views_parts.STATUSES.items():
        statuses.append(f"| `{_status(status)}` | {title} | {'ended' if status in model.ENDED else ''} |")
    return HEAD + "\n".join([*statuses, "", *table, "", *diagram()]) + "\n" + "".join(map(section, TABLES))


def main() -> None:
    """Writes or checks."""
    if "--check" in sys.argv:
        if FILE.read_text() != text():
            sys.exit("docs/moves.md is not what the table says: run python docs/make_moves.py")
    else:
        FILE.write_text(text())


if __name__ == "__main__":
    main()
