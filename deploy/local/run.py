"""`make run`: the whole suite in .local/, with the demonstration county, until Ctrl-C.

python -m deploy.local.run [--once] [--folder FOLDER]
"""

import argparse
import hashlib
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.panel import Panel

from . import county
from .display import Display
from .faults import LocalFault
from .places import FOLDER
from .suite import Suite

TRY = """\
① 打开 {url} ，搜索事项并查看办事指南
② 用群众账号登录，选一个事项在线申请，上传材料
③ 用收件人员账号登录，在待办中受理或要求补正
④ 用审批人员账号登录，作出决定；群众在“我的办件”看到每一步
⑤ 办结后用群众账号评价；make trace CASE=办件编号 看全程链路
⑥ 群众在“委托与代办”委托东河社区帮办代办点，帮办人员登录后代其申请；“信息查阅记录”里都有"""


class Ended(BaseException):
    """Somebody asked us to end; no Exception, since waiting for a broker or a store suppresses those."""


def main(arguments: list[str]) -> int:
    """Starts, loads, tells, waits, stops."""
    parser = argparse.ArgumentParser(prog="make run", description="The whole suite on this machine.")
    parser.add_argument("--once", action="store_true", help="start, load, tell and stop")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where data, logs and settings are kept")
    options = parser.parse_args(arguments)
    console = Console()
    suite = Suite(options.folder)
    _on_signals(_end)
    try:
        return _run(suite, options.once, console)
    except Ended:
        return 0
    except LocalFault as fault:
        console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    finally:
        _close(suite, console)


def _run(suite: Suite, once: bool, console: Console) -> int:
    display = Display(console)
    with display:
        suite.start(display)
    faults = county.load(suite.places, _target(suite), display)
    _tell(suite, faults, console)
    if once:
        return 1 if faults else 0
    keeper = suite.keeper(display)
    while True:
        keeper.tend()
        time.sleep(0.5)


def _tell(suite: Suite, faults: list[str], console: Console) -> None:
    console.print()
    console.print(Panel(TRY.format(url=suite.gateway_url), title=f"一网通办 {suite.gateway_url}", expand=False))
    for who, login, password in county.accounts():
        console.print(f"  {who}  账号 {login}  密码 {password}", markup=False, highlight=False)
    if faults:
        console.print(f"示范数据未完整载入：{'、'.join(faults)}（上面写有原因）", style="yellow", markup=False)
    console.print(
        f"日志在 {suite.folder / 'logs'} ，Ctrl-C 结束，数据保留", markup=False, highlight=False, soft_wrap=True
    )


def _close(suite: Suite, console: Console) -> None:
    """Ends everything; a second Ctrl-C must not interrupt that half way."""
    _on_signals(signal.SIG_IGN)
    if suite.running:
        console.print("stopping …")
        suite.stop()
        console.print(
            f"stopped; the data stays in {suite.folder} (make reset empties it)", highlight=False, soft_wrap=True
        )


def _target(suite: Suite) -> str:
    """Names the stores without naming a password."""
    kind = suite.store(suite.services[0]).kind
    return f"{kind} {hashlib.sha256(os.environ.get('MONGODB_URI', '').encode()).hexdigest()[:16]}"


def _on_signals(action: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)  # type: ignore[arg-type]


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
