"""Writes docs/moves.md from the tables of moves: `python docs/make_moves.py`; with `--check` it only says whether the file is true."""

import sys
from pathlib import Path

from chassis.acts import REALMS
from services.case import model, model_moves, views_parts
from services.case.model_moves import Move
from services.rating import model_moves as loop_moves
from yiwang.case.v1 import service_pb2 as pb
from yiwang.rating.v1 import service_pb2 as rating

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
LOOP = """
# Moves of a negative rating

Drawn from `services/rating/model_moves.py`: the closed loop (差评整改闭环). What beside the status has to hold is said there, too.

"""
LOOP_SEES = {
    loop_moves.RATER: "评价人",
    loop_moves.DEPARTMENT: "责任部门",
    loop_moves.SUPERVISOR: "监察",
    loop_moves.SYSTEM: "定时器",
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


def _loop_status(status: int) -> str:
    return rating.LoopStatus.Name(status).removeprefix("LOOP_STATUS_")  # type: ignore[arg-type]


def _loop_row(name: str, move: loop_moves.Move) -> str:
    roles = f"（{'、'.join(move.roles)}）" if move.roles else ""
    who = f"{'、'.join(LOOP_SEES[one] for one in move.sees)}{roles}"
    sources, targets = ("、".join(_loop_status(one) for one in found) for found in (move.sources, move.targets))
    stays = not loop_moves.leads(name)
    return f"| `{name}` {move.title} | {who} | {sources} | {'不变' if stays else targets} |"


def loop() -> str:
    """The loop of a negative rating: statuses, moves and diagram."""
    statuses = ["| status | 中文 |", "|---|---|"]
    statuses += [f"| `{_loop_status(status)}` | {title} |" for status, title in loop_moves.STATUSES.items()]
    table = ["| move | who | from | to |", "|---|---|---|---|"]
    table += [_loop_row(name, move) for name, move in loop_moves.MOVES.items()]
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {_loop_status(status)}: {title}" for status, title in loop_moves.STATUSES.items()]
    lines += [
        f"    {_loop_status(source)} --> {_loop_status(target)}: {name}"
        for name in loop_moves.MOVES
        for source, target in loop_moves.leads(name)
    ]
    lines += [f"    {_loop_status(loop_moves.CLOSED)} --> [*]", "```"]
    return LOOP + "\n".join([*statuses, "", *table, "", *lines]) + "\n"


def text() -> str:
    """The whole file."""
    table = ["| move | who | from | to | clocks | states | law |", "|---|---|---|---|---|---|---|"]
    table += [_row(name, move) for name, move in model_moves.MOVES.items()]
    statuses = ["| status | 中文 | |", "|---|---|---|"]
    for status, title in views_parts.STATUSES.items():
        statuses.append(f"| `{_status(status)}` | {title} | {'ended' if status in model.ENDED else ''} |")
    return HEAD + "\n".join([*statuses, "", *table, "", *diagram()]) + "\n" + loop()


def main() -> None:
    """Writes or checks."""
    if "--check" in sys.argv:
        if FILE.read_text() != text():
            sys.exit("docs/moves.md is not what the table says: run python docs/make_moves.py")
    else:
        FILE.write_text(text())


if __name__ == "__main__":
    main()
