"""Every oddity of the real guides is named by a finding, or by the source's own doubt where the data itself does not show it."""

import json
from pathlib import Path

import pytest

from services.catalog.importing_files import rows
from standards import lint
from yiwang.catalog.v1 import service_pb2 as pb

FILE = Path(__file__).resolve().parents[4] / "shared/data/items/hunan_guides.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the real data is not beside the checkout")

ODDITIES: dict[str, set[str]] = {
    # 无受理条件、无结果名称；说明类字段是占位文字
    "安全生产举报行政奖励": {"L180", "L181", "L182"},
    # 指纹作为一条材料；“必要”但只适用于特定人群 (the import makes these conditional; what no rule tells apart is a question nobody reads)
    "往来港澳通行证签发": {"L137", "L163"},
    # 法定3个月记为90，承诺90个工作日；有被申请人和多种结果文书 (the import lists the documents one by one)
    "对企业名称争议的裁决": {"L101", "L187"},
    # 需技术鉴定而“特别程序”为否；法条引用的是工伤鉴定；数量限制为999；收费只对部分申请人
    "非因工劳动能力鉴定申请": {"L112", "L213", "L185"},
    # 法定30与法条20个工作日不一致；受理标准与材料类型不符
    "第三类医疗器械经营许可核发": {"L108", "L145"},
    # 法条为“二十日”，说明写20个工作日；“必要”材料只对部分法人类型；实施层级含“国家”
    "慈善组织认定": {"L108", "L205"},
    # 三项前置许可证作为材料；材料形式只有“电子”
    "建设工程质量安全监督手续办理并核发建筑工程施工许可证": {"L138", "L150"},
    # 20项材料，情形写在受理条件里 (the import makes them questions); 多选一
    "工伤认定申请": {"L134", "L190"},
    # 最少到场0次，到场说明却是“需现场核实材料和身份”；企业抵押人的身份证明也映射到居民身份证
    "抵押权首次登记": {"L171", "L006", "L140"},
    # 三类证明满足其一即可，但全部标为“必要” (the import makes them alternatives)
    "居住证申领": {"L190"},
    # 法定20、承诺1；结果名称是“审核结果公示”；法条混入燃气条例
    "停止供水、改（迁、拆）公共供水的审批": {"L119", "L183", "L213"},
    # 需实地检查而“特别程序”为否；法条为十个工作日，法定时限写13
    "公众聚集场所投入使用、营业前消防安全检查（一般流程）": {"L112", "L108"},
    # 实施机构是企业；事项名称是一项收费；数量限制为2；材料分阶段提交；费用按面积区间
    "有线电视安装费": {"L209", "L189", "L185", "L136", "L216"},
    # 以小时计的办理在时限字段里写1；身份证正、反面是两条材料；由推送数据触发
    "公章刻制备案": {"L109", "L131", "L186"},
}
OTHERS: dict[str, set[str]] = {
    # What the README tells of guides that have no oddity of their own: one cap for all kinds, above the promise (120 against 20 days).
    "企业职工基本养老保险养老金申领": {"L114", "L115"},
    # 三选一 within one material; limits that may be extended, and add up (3+3=6).
    "异地转诊人员备案": {"L134"},
    "个体工商户设立登记": {"L110", "L109"},
}


def guides() -> list[pb.ItemDefinition]:
    return [row.definition for row in rows(FILE) if isinstance(row.definition, pb.ItemDefinition)]


def test_each_oddity_of_the_real_guides_is_named_by_its_rule() -> None:
    found = {item.name: {one.rule for one in lint.findings(item)} for item in guides()}
    assert len(found) == 27
    missing = {name: rules - found[name] for name, rules in (ODDITIES | OTHERS).items() if rules - found[name]}
    assert missing == {}


def test_no_guide_with_an_oddity_is_left_out() -> None:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    assert {guide["name"] for guide in content["items"] if guide.get("oddity")} == set(ODDITIES)


def test_what_the_source_doubts_is_named_in_its_own_words() -> None:
    for item in guides():
        told = {one.message for one in lint.findings(item) if one.rule == "L190"}
        assert bool(told) == (item.name in ODDITIES)


def test_only_what_breaks_the_law_or_leaves_its_promise_unwritten_is_kept_from_being_published() -> None:
    wrong = {(item.name, one.rule) for item in guides() for one in lint.errors(item)}
    promised = "公众聚集场所投入使用、营业前消防安全检查（告知承诺制流程）"
    assert wrong == {("对企业名称争议的裁决", "L101"), (promised, "L231")}
