"""python -m yiwang_kit serve | check | journal | sample: see docs/integrating.md, Conformance kit.

Exit code 0: in order; 1: not; 2: a file or an argument is wrong.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit code."""
    told = _parser().parse_args(arguments)
    try:
        code: int = told.run(told)
    except (OSError, ValueError) as error:
        print(f"无法执行：{error}", file=sys.stderr)
        return 2
    return code


def _serve(told: argparse.Namespace) -> int:
    from yiwang_kit import checks, reporting, server
    from yiwang_kit.settings import Settings, settings_of

    given = {name: getattr(told, name) for name in ("seconds", "idle", "silence", "proof", "token_life", "heartbeat")}
    jwks = told.jwks.read_text() if told.jwks else None
    all_told: dict[str, Any] = settings_of(
        told.plan, department=told.department, region=told.region, jwks=jwks, **given
    )
    run = server.Run(Settings(**all_told))
    server.stop_on_signals(run)
    serving, port = server.start(run, told.listen)
    print(
        f"一致性测试平台已就绪：{told.listen.rpartition(':')[0]}:{port}（方案 {told.plan}，Ctrl-C 提前结束）",
        flush=True,
    )
    server.play(run, serving)
    facts = {"部门": told.department, "行政区划": told.region, "方案": told.plan, "时长": f"{run.log.now():.0f} 秒"}
    report = reporting.told("部门系统一致性测试报告", facts, checks.lines(run.log, run.settings), datetime.now(UTC))
    print(reporting.text_of(report))
    reporting.write(report | {"log": run.log.told()}, None, told.json)
    reporting.write(report, told.html, None, told.text)
    return 0 if report["conforms"] else 1


def _check(told: argparse.Namespace) -> int:
    from yiwang_kit import reporting, rows

    now = datetime.now(UTC)
    log = rows.look_through(told.file, told.profile, told.department, told.region, now)
    facts = {"文件": told.file.name, "部门": told.department, "行政区划": told.region, "代码表": told.profile}
    report = reporting.told("回传数据离线检查报告", facts | rows.counts(log), rows.lines_of(log), now)
    print(reporting.text_of(report))
    reporting.write(report, told.html, told.json, told.text)
    return 0 if report["conforms"] else 1


def _journal(told: argparse.Namespace) -> int:
    from yiwang_kit import journal

    return journal.main(told.file)


def _sample(told: argparse.Namespace) -> int:
    from yiwang_kit import sample
    from yiwang_kit.sample_calls import System, keys_of

    system = System(
        told.platform, told.client_id, keys_of(told.keys, told.folder), told.folder, told.profile, told.pause
    )
    system.silence = told.silence
    for fault in sample.run(system, sample.rows_of(told.rows), told.seconds):
        print(f"{fault.number} 序号 {fault.seq}：{fault.field} {fault.reason} {fault.message}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m yiwang_kit", description="部门系统一致性测试工具")
    commands = parser.add_subparsers(required=True, metavar="命令")
    serve = commands.add_parser("serve", help="启动测试平台，记录部门系统的行为并出具报告")
    _who(serve)
    serve.add_argument(
        "--listen", default="127.0.0.1:50099", help="监听地址（默认 127.0.0.1:50099，不加密，只用于测试）"
    )
    serve.add_argument("--plan", choices=("full", "quick"), default="full", help="full 全部；quick 不测静默的订阅")
    serve.add_argument("--seconds", type=float, help="至多运行的秒数（full 1800，quick 600）")
    serve.add_argument("--idle", type=float, help="全部场景完成后，无调用多少秒即结束（full 20，quick 8）")
    serve.add_argument("--silence", type=float, help="静默订阅的秒数，0 不测（full 60）")
    serve.add_argument("--token-life", type=int, dest="token_life", help="令牌有效秒数（full 60，quick 300）")
    serve.add_argument("--heartbeat", type=float, help="心跳间隔秒数（5）")
    serve.add_argument("--proof", choices=("assertion", "certificate"), help="系统的凭据方式（默认断言）")
    serve.add_argument("--jwks", type=Path, help="系统的公钥（JWK 集合），用于验证断言签名")
    _reports(serve)
    serve.set_defaults(run=_serve)
    check = commands.add_parser("check", help="离线检查回传数据文件（每行一个 ReportRow 的 JSON）")
    check.add_argument("file", type=Path, help="文件")
    _who(check)
    check.add_argument("--profile", default="gbt39046", choices=_profiles(), help="代码表")
    _reports(check)
    check.set_defaults(run=_check)
    journal = commands.add_parser("journal", help="离线验证导出的办件流水链")
    journal.add_argument("file", help="导出文件")
    journal.set_defaults(run=_journal)
    _sample_arguments(commands.add_parser("sample", help="示例部门系统"))
    return parser


def _sample_arguments(sample: argparse.ArgumentParser) -> None:
    sample.add_argument("--platform", default="127.0.0.1:50099", help="平台地址")
    sample.add_argument("--rows", type=Path, required=True, help="要回传的文件（每行一个 ReportRow 的 JSON）")
    sample.add_argument("--folder", type=Path, required=True, help="保存断点与发送状态的文件夹")
    sample.add_argument("--client-id", dest="client_id", default="sample", help="登记的系统编号")
    sample.add_argument("--keys", type=Path, help="私钥（JWK 集合）；不给则在文件夹中生成，只用于测试")
    sample.add_argument("--profile", default="gbt39046", choices=_profiles(), help="代码表")
    sample.add_argument("--seconds", type=float, default=60.0, help="运行秒数")
    sample.add_argument("--pause", type=float, default=1.0, help="首次重试前的秒数")
    sample.add_argument("--silence", type=float, default=45.0, help="无消息多少秒后重连")
    sample.set_defaults(run=_sample)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--department", required=True, type=_department, help="部门的统一社会信用代码")
    parser.add_argument("--region", required=True, type=_region, help="行政区划代码，6 位")


def _reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--html", type=Path, help="报告写为网页")
    parser.add_argument("--json", type=Path, help="报告写为 JSON")
    parser.add_argument("--text", type=Path, help="报告写为文本")


def _department(text: str) -> str:
    from standards.identifiers import uscc_valid

    if not uscc_valid(text):
        raise argparse.ArgumentTypeError("不是有效的统一社会信用代码")
    return text


def _region(text: str) -> str:
    if len(text) != 6 or not text.isascii() or not text.isdigit() or text[0] == "0":
        raise argparse.ArgumentTypeError("行政区划代码应为 6 位数字")
    return text


def _profiles() -> tuple[str, ...]:
    from standards.exchange_codes import PROFILES

    return PROFILES


if __name__ == "__main__":
    sys.exit(main())
