"""Names of people and where they live, as they stand in running Chinese text. Pure.

There is no list of all names: a name is told by its family name (《百家姓》 and what is common today, 公安部 全国姓名报告) together with
a word beside it that only goes with people: a form of address behind it, a role or 我叫 before it. A bare full name without any such
word is not found; whoever publishes reads the text as well.
"""

import re
from collections.abc import Iterator
from typing import Final

from standards.identifiers import COMPOUND_SURNAMES

Span = tuple[int, int]

# Family names that begin few other words; those words are below.
_CLEAR: Final = (
    "王李张刘陈杨赵黄吴徐孙胡朱林郭罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘蒋蔡贾丁魏薛阎余杜戴夏钟汪姜范石姚谭廖邹熊陆郝"
    "孔崔毛邱秦史顾侯邵孟龙段雷钱汤尹黎贺赖龚倪樊殷翟颜庄章俞庞岳邢涂聂耿葛詹欧阮焦柯骆毕桑祝苗蒲甄温辛闫裴霍盛卢"
    "沈吕苏叶程傅丘韦付莫翁祁牟仇穆鲍仲虞褚卞柴瞿佟"
)
# Those that begin, or end, many: taken with a form of address, or behind a colon or 叫, 是, 为, alone.
_DOUBTFUL: Final = (
    "周马高严江方任金白万常武康向安于何易孟施牛洪文华管解景单全齐成牧车游简查关包左项季房柳纪屈元卓卜路计冷蓝商古国"
)
_SURNAME: Final = f"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_CLEAR}])"
_ANY_SURNAME: Final = f"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_CLEAR}{_DOUBTFUL}])"
_HAN: Final = "\u4e00-\u9fff"
# What a given name is not made of: particles, pronouns, verbs and numerals that follow a word which only looks like a family name.
_GIVEN: Final = (
    f"(?:(?![的了着过吗呢吧啊们们我你他她它是不很太都也就还又把被让给跟对从到在有没去来说位各这那每该些])[{_HAN}])"
)
_BLANK: Final = r"\s{0,2}"

# Words that begin like a name.
_WORDS_TEXT: Final = """
周一 周二 周三 周四 周五 周六 周日 周末 周到 周全 周密 周围 周期 周边 马上 马虎 马路 高兴 高效 高度 高峰 高龄
高速 严格 严重 严肃 严厉 江苏 江西 方便 方法 方式 方面 方向 方案 任何 任意 任务 任职 任由 金额 金融 白跑 白天
白等 万一 万分 万事 常常 常见 常年 武断 康复 向我 安排 安全 安装 安静 安心 于是 何时 何地 何人 何况 易懂 施工
文件 文明 文书 文化 华丽 管理 管辖 解决 解释 解答 解除 单位 单独 单子 单据 全部 全程 全家 齐全 齐备 全体 全国
全市 全县 成功 成本 成年 车辆 车子 游客 简单 简直 简化 查询 查看 查到 关于 关键 关心 包括 包装 项目 季度 房产
房屋 房子 房东 路过 路上 路远 计划 计算 计较 冷漠 冷淡 商量 商户 国家 张口 张罗 张贴 胡乱 胡说 胡搞 许多 许可
许诺 谢谢 感谢 范围 范本 程序 程度 杜绝 唐突 罗列 罗嗦 戴着 戴口 夏天 夏季 林业 林权 林木 林地 郑重 陆续 黄牛
黄金 黄色 余额 余下 余地 钱款 钱都 钱也 毛病 毛糙 石材 石头 史上 顾客 顾不 顾虑 龙头 段时 雷厉 雷同 汤水 贺卡
章程 章子 温柔 温和 温馨 温暖 盛气 焦急 焦虑 毕竟 毕业 祝您 祝福 祝愿 叶子 苏州 付款 付费 付清 莫名 莫非 仲裁
孔子 孙子 孙女 田地 秦岭 水平 曾经 曾多 程式 辛苦 熊熊 丁点 董事 石化 沈阳 赖账 赖着 宋体 汪汪 史料 余留 余生
田间 侯车 聂耳 苗木 苗圃 欧盟 杨树 杨梅 梁柱 秦皇 柴油 柴火 丘陵 高级 高层 高中 高校 高新 常务 常委 安监 安保
安委 国税 国土 国有 国企 商务 商会 房管 房地 车管 车间 计生 路政 文旅 文体 方志 江北 江南 江东 纪委 管委 关工
史志 应急 单科 白班 马桶 石油 温泉
"""
_WORDS: Final = frozenset(_WORDS_TEXT.split())
# Words that end like a family name, before a form of address or 某.
_ENDS_TEXT: Final = """
对于 关于 由于 等于 属于 至于 终于 鉴于 在于 位于 基于 便于 限于 任何 如何 为何 几何 公安 保安 治安 不安 平安
单方 对方 双方 地方 官方 警方 信任 主任 责任 上任 现任 前任 一向 方向 朝向 提高 最高 很高 非常 经常 正常 日常
平常 异常 现金 资金 税金 奖金 租金 容易 不易 简易 交易 措施 设施 实施 中文 公文 条文 健康 主管 不管 尽管 保管
了解 理解 和解 调解 简单 清单 订单 保单 表单 安全 完全 齐全 健全 整齐 完成 造成 办成 组成 停车 开车 一路 马路
线路 道路 设计 统计 会计 预计 共计 检查 审查 调查 核查 抽查 有关 相关 机关 无关 海关 大关 面包 左右 各项 事项
选项 每季 本国 全国 中国 外国 上周 本周 每周 一周 下周 人马 长江 发牛 黄牛 我国 住房 购房 租房 世纪 年纪 多元
单元 万元 美元 之余 其余 业余 剩余 多余 花钱 交钱 收钱 缴钱 给钱 盖章 公章 印章 违章 文章 规章 允许 也许 或许
不许 流程 工程 过程 课程 全程 规范 示范 应付 支付 缴付 托付 森林 园林 农田 楼盘 前段 阶段 手段 时段 历史 照顾
回顾 兼顾 身段 江苏 花白 明白 空白 一万 千万 百万 十万 几万 大夏 今夏 天石 多谢 感谢 致谢 化肖 生肖 报章 皮毛
人参 茶叶 上颜 安庄 村庄 气温 体温 保温 庆祝 敬祝 水龙 外贸 家长
"""
_ENDS: Final = frozenset(_ENDS_TEXT.split())
_TITLES: Final = (
    "先生|女士|小姐|太太|夫人|师傅|同志|阿姨|大爷|大妈|大姐|大哥|老师|老板|警官|医生|律师|经理|会计|主任|科长|局长|处长|股长|所长|站长|队长|"
    "书记|镇长|县长|区长|市长|院长|科员|干事"
)
_TITLED: Final = re.compile(f"(?=({_ANY_SURNAME}{_GIVEN}{{0,2}}?{_BLANK}(?:{_TITLES})))")
_SOMEBODY: Final = re.compile(
    f"(?=({_ANY_SURNAME}某(?![些个种一天项位人日年次处地样方时件])(?:某|[{_HAN}](?=[，。,.\\s])|)))"
)
# 小王, 老李 where only a person is meant: before a form of address they are found by it; alone, behind a role.
_ROLE: Final = (
    "(?:申请人|联系人|当事人|办事人|经办人|投诉人|负责人|被投诉人|法定代表人|法人代表|代理人|户主|工作人员|窗口人员|办事员|审批员|协办员|导办员|"
    "民警|辅警|营业员|办理人员|接待人员|值班人员|承办人|群众|市民|居民|村民|业主|评价人|反映人|"
    "来电人|来访人|老人|员工|职工)"
)
_LINK: Final = rf"(?:{_BLANK}[:：]{_BLANK}|{_BLANK}(?:叫做?|名叫|是|为|姓名){_BLANK}[:：]?{_BLANK})"
_CALLED: Final = (
    "(?:我叫|我名叫|名叫|我的名字[叫是]|本人姓名|姓名|名字[叫是]?|本人叫|"
    "(?:爸|妈|父亲|母亲|丈夫|妻子|儿子|女儿|老公|老婆|爱人|孩子|哥|姐|弟|妹)叫)"
)
_GIVEN_TWO: Final = f"{_GIVEN}{{1,2}}|·[{_HAN}]{{1,6}}"
_NAMED: Final = (
    re.compile(f"{_CALLED}(?:{_LINK}|{_BLANK})({_ANY_SURNAME}(?:{_GIVEN_TWO}))"),
    re.compile(f"{_ROLE}{_LINK}({_ANY_SURNAME}(?:{_GIVEN_TWO}))"),
    re.compile(f"{_ROLE}{_BLANK}[（(]?({_SURNAME}(?:{_GIVEN_TWO}))"),
    re.compile(f"(?:本人|我是|落款|此致)[，,:：]?{_BLANK}({_SURNAME}{_GIVEN}{{1,2}})(?=[，,。；;！!\\s]|$)"),
    # Parts joined by a middle dot: a transliterated name.
    re.compile(f"(?:{_CALLED}|{_ROLE})(?:{_LINK}|{_BLANK})([{_HAN}]{{1,8}}(?:·[{_HAN}]{{1,8}})+)"),
    re.compile(f"姓({_ANY_SURNAME})的"),
    # How a reply begins: 尊敬的王小明：您好; and what is replied to: 王小明反映的问题.
    re.compile(f"(?:尊敬的|亲爱的)({_ANY_SURNAME}{_GIVEN}{{1,2}})(?=[，,:：]|您好|你好)"),
    re.compile(f"(?:^|[，,。；;:：！!\\s])({_SURNAME}{_GIVEN}{{1,2}}?)(?=[，,:：]?(?:您好|你好)|(?:所)?(?:反映|投诉|举报|来电|来访|评价)的)"),
)  # fmt: skip


def names(text: str) -> Iterator[Span]:
    """Where somebody is named. `text` in its plain form (NFKC)."""
    for titled in (_TITLED, _SOMEBODY):
        for found in titled.finditer(text):
            start, end = found.span(1)
            if text[max(0, start - 1) : start + 1] not in _ENDS and text[start : start + 2] not in _WORDS:
                yield start, end
    for named in _NAMED:
        for found in named.finditer(text):
            start, end = found.span(1)
            # 联系人：周一鸣 is a name although 周一 is a word: it stands by itself.
            alone = end - start > 2 and text[start - 1] == ":" and not text[end : end + 1].isalnum()
            if alone or text[start : start + 2] not in _WORDS:
                yield start, end


# -- where somebody lives ----------------------------------------------------------------------------------------------

_N: Final = r"[0-9A-Za-z一二三四五六七八九十]{1,5}"
_HOUSE: Final = rf"{_N}\s?(?:号楼|栋|幢|座|号院|弄)"
_ROOM: Final = rf"{_N}\s?(?:室|房|户|号房)"
_UNIT: Final = rf"{_N}\s?单元"
_ESTATE: Final = (
    "(?:小区|花园|家园|公寓|新村|花苑|雅苑|华庭|华府|名邸|宿舍|家属院|家属楼|庄园|嘉园|佳苑|公馆|新城|社区)"
)
_STREET: Final = f"[{_HAN}]{{1,8}}(?:路|街|巷|大道|胡同|里弄|条)"
_SP: Final = r"[\s,，-]{0,2}"
# Rooms of offices are not where somebody lives.
_OFFICE: Final = re.compile(
    "中心|大厅|大楼|政府|局|委员会|法院|检察院|派出所|服务站|办公|窗口|税务所|医院|银行|学校|公司|机关|政务"
)
_RESIDENCES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"[{_HAN}]{{1,8}}{_ESTATE}{_SP}(?:[{_HAN}]{{1,2}}区|{_N}期)?{_SP}(?:{_HOUSE}|{_UNIT}|[0-9]{{1,4}}号)(?:{_SP}{_UNIT})?(?:{_SP}[0-9]{{2,4}}\s?(?:室|房|户|号)?)?",
        rf"{_HOUSE}{_SP}{_UNIT}(?:{_SP}[0-9]{{2,4}}\s?(?:室|房|户|号)?)?",
        rf"{_UNIT}{_SP}(?:{_ROOM}|[0-9]{{3,4}})",
        rf"{_HOUSE}{_SP}(?:[0-9]{{1,2}}\s?[层楼])?{_SP}{_ROOM}",
        rf"{_STREET}{_SP}[0-9]{{1,5}}\s?(?:号|弄)(?:院|[0-9]+号楼?)?{_SP}(?:{_HOUSE})?{_SP}(?:{_UNIT}{_SP}[0-9]{{2,4}}|{_ROOM})",
        rf"[{_HAN}]{{1,8}}(?:村|屯|庄){_SP}第?{_N}\s?(?:组|社|队|生产队){_SP}[0-9]{{1,4}}\s?[号户]",
        # 住在…: a street with a number, a village or an estate by its name.
        rf"(?:家住|住在|住址|家庭地址|家庭住址|户籍地|户籍地址|户口在|我家在|收货地址|老家在)(?:是|为|[:：])?\s?[{_HAN}]{{2,20}}?"
        rf"(?:[0-9]{{1,5}}\s?(?:号|弄|栋|幢)|(?:村|屯)(?:{_N}组)|[{_HAN}]{{2}}{_ESTATE})",
    )
)  # fmt: skip
# How far before a room an office is looked for.
_BEFORE: Final = 16


def addresses(text: str) -> Iterator[Span]:
    """Where it says where somebody lives. `text` in its plain form (NFKC)."""
    for residence in _RESIDENCES:
        for found in residence.finditer(text):
            start, end = found.span()
            if not _OFFICE.search(text[max(0, start - _BEFORE) : end]):
                yield start, end
