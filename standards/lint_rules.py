"""The table of the guide lint: every rule with its level, what it says, where it comes from and how to mend what it finds.

L001 to L015 are the fifteen known rules in their order. L101 on: limits, steps, special procedures. L131 on: materials. L161 on:
scenarios. L171 on: channels and texts. L201 on: codes, departments, law, fees. L231 on: the ways
a case can go. L301 on: what a whole list shows (standards.lint_list).
`docs/lint.md` is this table (a test holds them together).
"""

from typing import Final, Literal, NamedTuple

from standards import lint_base as base
from standards import lint_guide as guide
from standards import lint_handling as handling
from standards import lint_known as known
from standards import lint_limits as limits
from standards import lint_materials as materials
from standards import lint_scenarios as scenarios
from standards.lint_materials import each
from standards.lint_words import Check

Level = Literal["error", "warning", "hint"]
ERROR: Final = "error"
WARN: Final = "warning"
HINT: Final = "hint"

AUDIT: Final = "市级审核规则"
LICENSING: Final = "行政许可法"
ELEMENTS: Final = "GB/T 39046-2020 表4"
REAL: Final = "真实指南中所见"
OWN: Final = "情形引导的结构"
PROMISES: Final = "国办发〔2020〕42号"
WAYS: Final = "办理方式与期限的结构"
GUIDES: Final = "办事指南准确度（基础信息、申请材料、办理流程、表格样表）"


class Rule(NamedTuple):
    """One rule: what it asks (for people), where that comes from, how to mend, and the check."""

    id: str
    level: Level
    words: str
    source: str
    hint: str
    check: Check


# fmt: off
_KNOWN: Final = (
    Rule("L001", WARN, "承诺即办的是即办件、即审即办；其他是承诺件、前审后批",
         AUDIT, "按承诺时限改正办件类型和审查类型", known.at_once_kinds),
    Rule("L002", WARN, "结果名以“证”结尾的，审批结果类型为出证办结", AUDIT, "把审批结果类型改为“证”", known.certificate),
    Rule("L003", WARN, "结果名以“文”结尾的，审批结果类型为出文办结", AUDIT, "把审批结果类型改为“文”", known.document),
    Rule("L004", WARN, "结果名以“批复”结尾的，审批结果类型为审批办结", AUDIT, "把审批结果类型改为“批复”", known.approval),
    Rule("L005", WARN, "到现场次数不为0的，写明必须到场的理由", AUDIT, "写明为什么必须到场，或减少到场次数", known.visit_reason),
    Rule("L006", WARN, "到现场次数为0的，不写必须到场的理由",
         AUDIT, "确实须到场的，改正到现场次数；否则删去理由", known.no_visit_reason),
    Rule("L007", WARN, "不到现场又不能网上办的，支持快递", AUDIT, "开通快递申请，或改正到现场次数、网上办理", known.by_post),
    Rule("L008", ERROR, "网办深度Ⅳ级的，到现场次数为0", AUDIT, "改正网上办理深度或到现场次数", known.full_depth),
    Rule("L009", WARN, "收费的，有收费项目、标准、依据，可网上支付", AUDIT, "补全收费项目、标准和依据，开通网上支付", known.charge),
    Rule("L010", WARN, "不收费的，不开通网上支付", AUDIT, "改正是否收费或网上支付", known.no_charge),
    Rule("L011", WARN, "咨询电话与监督投诉电话不同，都带区号", AUDIT, "写成“区号-号码”，两个电话分别填写", known.phones),
    Rule("L012", WARN, "服务对象与主题分类一致", AUDIT, "按服务对象填写面向自然人或法人的主题分类", known.topics),
    Rule("L013", WARN, "行政许可至少有一条常见问题", AUDIT, "补充申请人常问的问题和解答", known.faq),
    Rule("L014", WARN, "行政许可的流程至少有受理、审核、审批、办结、送达5个环节",
         AUDIT, "把办理流程按实际环节列全", known.licence_steps),
    Rule("L015", WARN, "有办理结果的，有结果样本", AUDIT, "上传结果样本", known.result_sample),
)

_LIMITS: Final = (
    Rule("L101", ERROR, "承诺时限不长于法定时限（单位不同的，按最短与最长的自然日比较）",
         LICENSING + "第四十二条", "缩短承诺时限，或核对法定时限的单位（3个月不是90个工作日）", limits.promise_too_long),
    Rule("L102", WARN, "承诺时限与法定时限单位不同的，通常也不长于法定时限",
         LICENSING + "第四十二条", "两个时限用同一单位填写", limits.promise_may_be_long),
    Rule("L103", WARN, "依申请事项有承诺时限", ELEMENTS, "填写承诺时限和单位", limits.no_promise),
    Rule("L104", HINT, "依申请事项有法定时限", ELEMENTS, "法律没有规定时限的，在说明中写明", limits.no_statutory),
    Rule("L105", WARN, "时限有单位，即办的时限为0", REAL, "选择工作日、自然日、小时、月或即办", limits.no_unit),
    Rule("L106", WARN, "时限不是占位数字", REAL, "填写真实的时限", limits.placeholder_limit),
    Rule("L107", WARN, "决定以前各环节时限合计不超过承诺时限（制证送达另有时限）",
         LICENSING + "第四十二条、第四十四条", "压缩环节时限，或改正承诺时限", limits.steps_above_promise),
    Rule("L108", WARN, "法定时限与所引法条的时限一致（行政许可的“日”是工作日）",
         LICENSING + "第八十二条", "核对法条的数字和单位，所引是否现行有效", limits.law_says_otherwise),
    Rule("L109", WARN, "时限与其说明一致", REAL, "以说明或数字中正确的一个为准改正另一个", limits.note_says_otherwise),
    Rule("L110", HINT, "分渠道、分情形或可延长的时限，设为不同情形的时限",
         REAL, "在情形引导中设置时限的不同情形", limits.limit_by_case),
    Rule("L111", WARN, "即办件没有特别程序，没有需时数日的审查环节",
         AUDIT, "改为承诺件，或删去特别程序和审查环节", limits.at_once_special),
    Rule("L112", WARN, "需现场勘验、鉴定、检验、听证等的，列为特别程序",
         LICENSING + "第四十五条", "在特别程序中列出种类和最长时间，并书面告知申请人", limits.special_unlisted),
    Rule("L113", WARN, "特别程序有最长时间", LICENSING + "第四十五条", "填写该程序最长需要的时间", limits.special_cap),
    Rule("L114", HINT, "特别程序的最长时间不超过承诺时限", REAL, "在指南中写明总共可能需要的时间", limits.special_longer),
    Rule("L115", WARN, "不计入时限的只有法定的种类",
         LICENSING + "第四十五条", "选择法定的种类；不属于的，计入办理时限", limits.special_kind),
    Rule("L116", WARN, "环节名称不重复", GUIDES, "合并或改名", limits.double_steps),
    Rule("L117", WARN, "有办理流程，行政许可有决定环节", GUIDES, "补全办理流程", limits.no_decision),
    Rule("L118", HINT, "每个环节都有岗位", GUIDES, "补填责任岗位（不写姓名）", limits.no_role),
    Rule("L119", HINT, "承诺时限不到法定时限十分之一的，核实能否做到", REAL, "核实承诺时限；当场能办的改为即办", limits.hasty_promise),
)

_MATERIALS: Final = (
    Rule("L131", WARN, "材料不重复，证件正反面是一项材料", GUIDES, "合并为一项", materials.double_names),
    Rule("L132", WARN, "只对部分申请人必要的材料不标为必要",
         REAL, "设置适用条件（情形），条件不明的改为“有条件必要”", each(materials.condition_in_words)),
    Rule("L133", HINT, "有条件必要的材料设有适用条件", REAL, "把条件设为情形引导的问题和规则", each(materials.condition_unruled)),
    Rule("L134", WARN, "几选一的材料设为任选组，组内不止一项", REAL, "把可互相代替的材料设为同一任选组", materials.alternatives),
    Rule("L135", WARN, "办理中产生的材料不要求申请人提交", REAL, "把制作方改为工作人员或系统", each(materials.not_by_applicant)),
    Rule("L136", HINT, "后续阶段的材料不在申请时提交", REAL, "填写所属阶段，或拆成另一事项", each(materials.later_stage)),
    Rule("L137", HINT, "指纹、人像等现场采集的信息不作为申请材料", REAL, "写入到场理由，从材料中删去", each(materials.no_file)),
    Rule("L138", WARN, "政府核发的证照由电子证照或数据共享代替",
         "国务院关于在线政务服务的若干规定第十条、第十一条", "设置免提交方式：电子证照代替或数据共享核验",
         each(materials.could_be_shared)),
    Rule("L139", WARN, "电子证照代替的，写明是哪一种", GUIDES, "填写电子证照的类型代码和名称", each(materials.licence_unnamed)),
    Rule("L140", WARN, "代替身份证明的电子证照，所有服务对象都有",
         REAL, "按自然人和法人分设材料，或设置适用条件", each(materials.licence_of_persons)),
    Rule("L141", WARN, "不要求申请人提交本部门核发的材料", "优化营商环境条例", "由本部门自行调取", each(materials.own_papers)),
    Rule("L142", WARN, "材料没有“其他有关材料”等兜底表述",
         "国务院关于加快推进“互联网+政务服务”工作的指导意见", "写明具体的材料，或删去", each(materials.catch_all)),
    Rule("L143", HINT, "表格类材料有空白表", GUIDES, "上传空白表", each(materials.form_files)),
    Rule("L144", HINT, "表格类材料有填写样例", GUIDES, "上传填写样例", each(materials.sample_files)),
    Rule("L145", WARN, "材料类型与受理标准一致（原件、复印件）", GUIDES, "改正份数或受理标准", each(materials.original_or_copy)),
    Rule("L146", WARN, "全程网办的必要材料不只收纸质", REAL, "接收电子材料，或开通快递", each(materials.paper_online)),
    Rule("L147", WARN, "只能线下办理的，材料不要求网上提交", REAL, "改正网上办理或提交方式", each(materials.online_offline)),
    Rule("L148", WARN, "互相排斥的材料都在清单中", OWN, "改正排斥的材料", materials.excludes_unknown),
    Rule("L149", HINT, "可网上办理的列出申请材料", GUIDES, "列出材料；确实不需要材料的，在受理条件中写明", materials.no_materials),
    Rule("L150", HINT, "不用互联网的申请人也能提交材料",
         "国务院办公厅关于切实解决老年人运用智能技术困难的实施方案", "材料形式改为“纸质或电子”", materials.only_electronic),
    Rule("L151", HINT, "材料写明来源渠道", ELEMENTS, "选择申请人自备、政府部门核发或其他", each(materials.source_unclear)),
    Rule("L152", HINT, "材料多或只对部分申请人必要的，按情形分类",
         "按情形分类展示申报材料", "把情形设为问题，材料按回答给出", materials.unsorted_scenarios),
    Rule("L153", HINT, "材料说明不是占位文字", REAL, "写明要求，或删去", each(materials.unclear_note)),
    Rule("L161", ERROR, "情形条件只读取提问过的事实", OWN, "补上问题，或改正条件中的名称", scenarios.unknown_facts),
    Rule("L162", ERROR, "情形条件只读取问题有的选项", OWN, "补上选项，或改正条件中的选项", scenarios.unknown_options),
    Rule("L163", HINT, "问题的回答有用处", OWN, "删去问题，或让材料等的条件读取它", scenarios.unread_questions),
    Rule("L164", ERROR, "选择题有选项", OWN, "补上选项", scenarios.no_options),
    Rule("L165", WARN, "选择题不止一个选项，选项文字不同", OWN, "补上或合并选项", scenarios.one_option),
    Rule("L166", HINT, "选项之间有区别", OWN, "合并没有区别的选项，或补上条件", scenarios.same_options),
)

_GUIDE: Final = (
    Rule("L171", WARN, "文字要求到场的，到现场次数不为0", REAL, "改正到现场次数，或改正文字", guide.told_to_come),
    Rule("L172", WARN, "办理形式与网上办理、到现场次数一致", GUIDES, "改正办理形式", guide.channels),
    Rule("L173", WARN, "网上办理深度与可否网上办理一致", "网上政务服务能力评估", "改正网上办理深度", guide.depth),
    Rule("L174", HINT, "有办理形式", ELEMENTS, "选择窗口、电脑端、移动端、快递、自助终端", guide.no_forms),
    Rule("L175", HINT, "未进驻政务服务大厅的，说明原因", "三集中三到位", "填写未进驻原因", guide.not_at_centre),
    Rule("L176", WARN, "告知承诺制与名称、材料一致", GUIDES, "改正告知承诺制，或补上承诺书", guide.commitment),
    Rule("L177", WARN, "有办理地点", ELEMENTS, "填写办理地点和窗口", guide.no_places),
    Rule("L178", WARN, "办理地点有办理时间", ELEMENTS, "填写办理时间", guide.no_hours),
    Rule("L179", WARN, "有咨询电话和监督投诉电话", ELEMENTS, "填写两个电话", guide.no_phone),
    Rule("L180", WARN, "文字不是占位（空、暂无、按规定办理）", REAL, "写明内容，没有的留空", guide.placeholders),
    Rule("L181", WARN, "有受理条件", ELEMENTS, "填写受理条件", guide.no_conditions),
    Rule("L182", WARN, "有办理结果名称", ELEMENTS, "填写结果名称；没有书面结果的写明怎样得知结果", guide.no_result),
    Rule("L183", WARN, "办理结果是文书，不是环节或结论", REAL, "填写结果文书的名称", guide.odd_result),
    Rule("L184", HINT, "几种结果文书逐项列出", REAL, "每种文书列为一项结果", guide.several_results),
    Rule("L185", WARN, "数量限制不是占位数字，写明限制什么", REAL, "写明限制的内容；没有限制的写“无数量限制”", guide.quantity),
    Rule("L186", HINT, "由数据推送触发的，写明谁来申请", REAL, "在受理条件中写明申请人和启动方式", guide.triggered),
    Rule("L187", HINT, "有另一方当事人或提名人的，写明其参与", REAL, "在流程中写明通知、答辩等环节", guide.other_party),
    Rule("L188", HINT, "通用的说明里没有某一地的地址", REAL, "地址写入办理地点，由各地填写", guide.foreign_address),
    Rule("L189", WARN, "事项名称是服务，不是收费", REAL, "改用服务的名称，收费写入收费项目", guide.name_is_fee),
    Rule("L190", HINT, "来源没有存疑", REAL, "核对后改正，删去存疑说明", guide.source_doubts),
    Rule("L191", HINT, "申请期限单独填写", REAL, "把申请期限移入“申请期限”", guide.deadline_in_words),
    Rule("L192", WARN, "服务对象可以归类", ELEMENTS, "改用自然人、企业法人等规范名称", guide.nobody_served),
)

_BASE: Final = (
    Rule("L201", WARN, "部门代码是校验位相符的统一社会信用代码", "GB 32100-2015", "核对部门的统一社会信用代码", base.department_code),
    Rule("L202", WARN, "事项编码符合已知格式", ELEMENTS, "按实施编码31位、业务办理项编码33位改正，旧码记入曾用编码", base.item_code),
    Rule("L203", WARN, "基本编码、实施编码、业务办理项编码相符", ELEMENTS, "改正编码", base.other_codes),
    Rule("L204", HINT, "事项类型与编码中的类型一致，是标准代码",
         "GB/T 39046-2020 表A.1", "核对事项类型（各省扩展代码不同）", base.type_of_code),
    Rule("L205", WARN, "行使层级、编码中的层级与所属区划一致", "GB/T 39046-2020 表A.2", "核对层级（常见差一级的错误）", base.level),
    Rule("L206", ERROR, "行政区划代码有效", "GB/T 2260", "填写6、9或12位行政区划代码", base.region),
    Rule("L207", ERROR, "关联权责清单或公共服务清单条目", "办事指南与权责清单关联度100%", "填写所属清单条目的实施编码", base.no_duty),
    Rule("L208", WARN, "行政权力的实施机构不是企业",
         LICENSING + "第二十二条、第二十三条", "改为行政机关，或在依据中写明授权", base.company),
    Rule("L209", HINT, "公共服务由企业提供的，写明企业", REAL, "在说明中写明由企业提供、收费性质", base.company_service),
    Rule("L210", WARN, "设定依据可查（书名号标题加条款，或文号）", GUIDES, "写成《法律名称》第…条或〔年〕…号", base.unresolvable_law),
    Rule("L211", WARN, "行政权力有设定依据", LICENSING + "第十四条至第十七条", "填写法律依据", base.no_law),
    Rule("L212", WARN, "不引用已废止的法律", "民法典第一千二百六十条", "改引现行法律的条款", base.repealed_law),
    Rule("L213", HINT, "所引法律与事项同属一个领域", REAL, "核对法律依据是否误引", base.law_of_other_subject),
    Rule("L214", ERROR, "收费下限不高于上限", OWN, "改正收费金额", base.fee_range),
    Rule("L215", WARN, "收费项目有金额", LICENSING + "第五十九条", "填写收费标准", base.fee_rate),
    Rule("L216", HINT, "收费区间写明怎样确定金额", REAL, "按情形分列收费项目", base.fee_open),
    Rule("L217", HINT, "只对部分申请人收取的费用设有条件", REAL, "设置收费的适用条件", base.fee_of_some),
    Rule("L218", WARN, "不收费的没有收费项目", GUIDES, "改正是否收费", base.fee_unflagged),
    Rule("L219", WARN, "改革后的材料、环节、到场次数不多于改革前", "四减一优", "核对改革前的数字", base.not_better),
    Rule("L220", HINT, "收费、结果、常见问题、别名不重复", GUIDES, "删去重复的条目", base.double_texts),
    Rule("L221", HINT, "事项名称的括号成对", GUIDES, "补上缺少的括号", base.bracketed_name),
    Rule("L222", HINT, "需中介机构出具材料的，列出中介服务", "中介服务清单", "在中介服务中列出", base.intermediary),
    Rule("L223", HINT, "办理结果有审批结果类型", ELEMENTS, "选择证、文或批复", base.result_kind),
)

_HANDLING: Final = (
    Rule("L231", ERROR, "实行告知承诺制的，有告知承诺书全文", PROMISES, "填写申请人逐字承诺的内容", handling.promise_unwritten),
    Rule("L232", ERROR, "可用承诺代替的材料，有告知承诺书全文",
         PROMISES, "填写告知承诺书全文，或改为其他免提交方式", handling.waiver_unwritten),
    Rule("L233", HINT, "有告知承诺书的，实行告知承诺制或有材料可用承诺代替",
         PROMISES, "勾选实行告知承诺，或删去承诺书", handling.promise_unused),
    Rule("L234", WARN, "提供网上预审的，网上办理深度含互联网预审",
         ELEMENTS, "补上网上办理深度“互联网预审”，或取消网上预审", handling.pre_review_depth),
    Rule("L235", ERROR, "现勘现审的，有现场勘验", WAYS, "选择必要时或必须现场勘验，或取消现勘现审", handling.decided_without_visit),
    Rule("L236", HINT, "必须现场勘验的，办理流程有现场勘验的审查环节", WAYS, "在办理流程中列出现场勘验", handling.visit_without_step),
    Rule("L237", WARN, "现场勘验不计入法定时限的，有专门的法律、法规依据",
         LICENSING + "第四十五条", "补上规定不计入时限的法律、法规，或改为计入", handling.pause_without_law),
    Rule("L238", HINT, "计入办理时限的程序不另设最长时间",
         LICENSING + "第四十五条", "删去最长时间，或在说明中写明“计入办理时限”", handling.cap_without_pause),
    Rule("L239", WARN, "行政许可的法定时限不超过20个工作日（联合办理45个工作日），法律、法规另有规定的除外",
         LICENSING + "第四十二条", "写明另有规定的条款和时限，或改正法定时限", handling.longer_than_the_law),
    Rule("L240", WARN, "秒批的是即办件", WAYS, "改正办件类型", handling.automatic_kind),
    Rule("L241", ERROR, "秒批规则只读取申请中有的事实（回答、表单、实名等级、已提交的材料、有效的电子证照）",
         OWN, "补上问题或填报项，或改正规则中的名称", handling.automatic_facts),
    Rule("L242", WARN, "容缺补交期限与可容缺的材料相符，不超过60个工作日", WAYS, "改正容缺补交期限，或标明可容缺的材料", handling.deferral),
    Rule("L243", HINT, "补正期限不超过60个工作日", WAYS, "缩短补正期限", handling.long_correction),
)
# fmt: on

RULES: Final[tuple[Rule, ...]] = (*_KNOWN, *_LIMITS, *_MATERIALS, *_GUIDE, *_BASE, *_HANDLING)
