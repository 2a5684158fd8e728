"""What the inputs of the catalogue's forms are called, which sections they stand in, and which answers there are to choose from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.gateway import catalog_terms as terms
from services.gateway import words
from yiwang.catalog.v1 import service_pb2 as catalog

Table = Mapping[Any, str]

QUESTION_KIND: Final[Table] = {
    catalog.QUESTION_KIND_ONE: "one",
    catalog.QUESTION_KIND_MANY: "many",
    catalog.QUESTION_KIND_YES_NO: "truth",
    catalog.QUESTION_KIND_NUMBER: "number",
}
"""How the answers of a question are asked for beside a rule."""
COMPARISONS: Final[Table] = {">=": "不少于", ">": "多于", "<=": "不多于", "<": "少于", "==": "等于"}
UNIT: Final[Table] = {
    catalog.TIME_UNIT_WORKING_DAY: "工作日",
    catalog.TIME_UNIT_NATURAL_DAY: "自然日",
    catalog.TIME_UNIT_HOUR: "小时",
    catalog.TIME_UNIT_MONTH: "月",
    catalog.TIME_UNIT_AT_ONCE: "即办",
    catalog.TIME_UNIT_HALF_DAY: "半个工作日",
}
ENUM: Final[Mapping[str, Table]] = {
    "TimeUnit": UNIT,
    "StepKind": words.STEP_KIND,
    "Necessity": {
        catalog.NECESSITY_REQUIRED: "必要",
        catalog.NECESSITY_OPTIONAL: "非必要",
        catalog.NECESSITY_DEFERRABLE: "容缺后补",
        catalog.NECESSITY_CONDITIONAL: "视情况（条件见说明）",
    },
    "MaterialKind": terms.MATERIAL,
    "MaterialForm": terms.MEDIUM,
    "Maker": terms.MAKER,
    "Waiver": {catalog.WAIVER_NONE: "须提交", **terms.WAIVER},
    "FieldKind": {
        catalog.FIELD_KIND_TEXT: "文本",
        catalog.FIELD_KIND_LONG_TEXT: "长文本",
        catalog.FIELD_KIND_NUMBER: "数字",
        catalog.FIELD_KIND_DATE: "日期",
        catalog.FIELD_KIND_PHONE: "电话",
        catalog.FIELD_KIND_ID_NUMBER: "公民身份号码",
        catalog.FIELD_KIND_CHOICE: "单选",
        catalog.FIELD_KIND_USCC: "统一社会信用代码",
    },
    "QuestionKind": {
        catalog.QUESTION_KIND_ONE: "单选",
        catalog.QUESTION_KIND_MANY: "多选",
        catalog.QUESTION_KIND_YES_NO: "是或否",
        catalog.QUESTION_KIND_NUMBER: "整数",
    },
    "ProcedureKind": terms.PROCEDURE,
    "ResultKind": terms.RESULT,
    "HandlingForm": terms.FORM,
    "Reach": terms.REACH,
    "CaseKind": terms.CASE_KIND,
    "ReviewKind": terms.REVIEW_KIND,
    "IdentityLevel": {level: told for level, told in words.LEVEL.items() if level},
    "PowerSource": terms.POWER,
    "BodyKind": terms.BODY,
    "VisitNeed": terms.VISIT,
    "FailurePolicy": terms.FAILURE,
}
OPTIONS: Final[Mapping[str, Sequence[tuple[Any, str]]]] = {
    "ItemDefinition.type_code": list(terms.TYPE.items()),
    "EntryDefinition.type_code": list(terms.TYPE.items()),
    "ImplementationDefinition.type_code": list(terms.TYPE.items()),
    "ItemDefinition.exercise_level": list(terms.LEVEL.items()),
    "ImplementationDefinition.exercise_level": list(terms.LEVEL.items()),
    "ItemDefinition.online_depths": list(terms.DEPTH.items()),
}
"""Fields that are no enums but have their answers all the same."""

KIND: Final[Mapping[str, str]] = {
    "Limit.note": "text",
    "Baseline.source": "text",
    "GuideFile.url": "text",
    "Law.url": "text",
}
"""Inputs of another kind than the length of their field suggests."""

FOLDED: Final = frozenset({"GuideFile", "Baseline", "Automatic"})
"""Parts most rows do without: they stand folded until they say something."""

RARE: Final[Mapping[str, Sequence[str]]] = {
    "Material": ("issuer", "validity", "standard", "basis", "standard_code", "stage", "form", "copies"),
}
"""Fields of a row that most leave empty: they stand folded."""

NUMBERED: Final[Mapping[str, str]] = {
    "Material": "m",
    "FormField": "f",
    "Question": "q",
    "Option": "a",
    "ThemeItem": "t",
}
"""Rows with a key of their own, which gets this letter and the next number where nobody typed one."""

BOUNDED: Final[Mapping[str, Sequence[str]]] = {
    "materials": ("necessity", "waiver", "licence_name", "licence_code", "blank_form", "sample"),
    "steps": ("limit", "role", "outcome"),
}
"""Lists that stay somebody's own in part when a standard has them (服务同源): what may still be said in their rows."""

LIGHTER: Final[Mapping[str, str]] = {
    "materials": "可以删去材料、降低必要性，补充本地的空白表、样表和免提交方式；全部删去再保存，就恢复为统一规定的材料",
    "steps": "环节时限可以更短，可以写明本地岗位",
    "limit_variants": "分情形的承诺时限可以更短",
    "visit_reason": "到现场次数比统一规定少的，可以另行说明",
}
"""What a county may do to what a standard owns; everything else is shut."""

PRESET: Final = frozenset({"kind", "necessity", "unit", "medium", "maker", "waiver", "required", "op"})
"""Inputs that always have a value: a row with nothing else is empty."""


def names(text: str) -> list[str]:
    """Names of fields, parted by blanks."""
    return text.split()


SECTIONS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "basic": (
        "基本信息",
        names(
            "name aliases type_code department region base_code implementation_code duty_codes former_codes exercise_level "
            "service_objects topics corporate_topics case_kind review_kind required_level joint_departments handling_office "
            "commitment at_service_centre not_at_centre_reason source_note"
        ),
    ),
    "limits": (
        "时限、环节与特别程序",
        names("statutory_limit promised_limit limit_variants steps special_procedures apply_by baseline"),
    ),
    "handling": ("办理方式与期限", ["handling"]),
    "questions": ("情形引导", ["questions"]),
    "materials": ("申请材料", ["materials"]),
    "form": ("填报表单", ["form_fields"]),
    "results": (
        "收费、结果与秒批",
        names("charged fee_note fees pay_online result_name results quantity_limit intermediary_services automatic"),
    ),
    "basis": ("条件与依据", ["conditions", "legal_basis", "laws"]),
    "channels": (
        "渠道、到场与窗口",
        names(
            "online online_depths handling_forms visits visit_reason reach postal bookable places windows phone "
            "supervision_phone"
        ),
    ),
    "faq": ("常见问题", ["faq"]),
}
"""Sections of the form of an item: title and fields. Every field of ItemDefinition but its code stands in one."""

LABEL: Final[Mapping[str, str]] = {
    # Rows of lists, by message.
    "Step": "环节", "Material": "材料", "FormField": "填报项", "Faq": "问答", "Question": "问题", "Option": "选项",
    "LimitVariant": "情形时限", "SpecialProcedure": "特别程序", "Fee": "收费项目", "Result": "结果", "Law": "依据",
    "Place": "办理地点", "ThemeItem": "联办事项", "Synonyms": "同义词组",
    # Fields, by name.
    "code": "编码", "base_code": "基本编码", "name": "名称", "aliases": "别名（口语说法）", "type_code": "事项类型",
    "department": "实施主体", "lead": "牵头部门",
    "region": "行政区划代码", "service_objects": "服务对象", "statutory_limit": "法定时限",
    "promised_limit": "承诺时限", "conditions": "受理条件", "legal_basis": "设定依据（全文）", "steps": "办理环节",
    "materials": "申请材料", "form_fields": "填报表单", "charged": "收费", "fee_note": "收费说明", "result_name": "结果名称",
    "visits": "到现场次数", "online": "可以网上申请",
    "topics": "自然人主题", "faq": "常见问题", "windows": "办理地点与时间（文字）",
    "phone": "咨询电话", "required_level": "要求的实名等级", "source_note": "来源说明", "implementation_code": "所属实施清单编码",
    "duty_codes": "权责清单编码", "former_codes": "曾用编码", "questions": "情形问题", "limit_variants": "分情形时限",
    "special_procedures": "特别程序", "fees": "收费项目", "pay_online": "支持网上支付", "results": "办理结果", "laws": "依据条目",
    "places": "办理地点", "supervision_phone": "监督投诉电话", "online_depths": "网办深度", "visit_reason": "必须到现场的原因",
    "handling_forms": "办理形式", "reach": "通办范围", "case_kind": "办件类型", "review_kind": "审查类型", "postal": "支持快递",
    "bookable": "支持预约", "corporate_topics": "法人主题", "intermediary_services": "中介服务", "quantity_limit": "数量限制",
    "exercise_level": "行使层级", "joint_departments": "联办机构", "handling_office": "承办机构", "at_service_centre": "进驻政务大厅",
    "not_at_centre_reason": "未进驻原因", "commitment": "实行告知承诺",
    "handling": "办理方式与期限",
    "pre_review": "提供网上预审", "pre_review_days": "预审有效期（自然日）", "correction_days": "补正期限（工作日）",
    "deferral_days": "容缺补交期限（工作日）", "commitment_text": "告知承诺书全文", "verify_days": "承诺核查期限（工作日）",
    "visit": "现场勘验", "visit_pauses": "勘验不计入法定时限", "decided_on_site": "现勘现审，当日决定", "renewal": "延续事项",
    "joint": "多部门联合办理", "in_order": "按受理先后决定", "refunds": "未办成退还已缴费用",
    "on_failure": "办不成时", "project": "工程建设项目",
    "automatic": "秒批", "baseline": "改革前基线", "apply_by": "申请期限",
    "amount": "数值", "unit": "单位", "note": "说明", "kind": "类别",
    "limit": "时限", "standard": "标准", "role": "岗位", "outcome": "环节结果",
    "when": "适用条件", "key": "标识", "necessity": "必要性",
    "form": "形式（原文）", "copies": "份数（原文）", "source": "来源（原文）",
    "medium": "形式", "originals": "原件份数",
    "duplicates": "复印件份数", "one_of": "多选一分组", "excludes": "交了它就免交的材料",
    "waiver": "免提交", "licence_code": "可替代证照编码",
    "licence_name": "可替代证照名称", "maker": "由谁提供", "issuer": "出具机构",
    "validity": "有效期要求", "basis": "依据", "blank_form": "空白表",
    "sample": "样表", "standard_code": "标准材料编码", "stage": "提交阶段",
    "label": "名称", "required": "必填", "max_length": "最多字数", "hint": "填写提示", "options": "选项", "fact": "对应的信息项",
    "text": "内容", "cap": "最长期限", "least": "最低（分）",
    "most": "最高（分）", "payer": "缴费对象", "title": "名称", "article": "条款",
    "number": "文号", "url": "网址", "id": "文件标识",
    "address": "地址", "hours": "时间", "rule": "条件", "summary": "规则说明（公开）",
    "question": "问题", "answer": "回答", "parent_code": "主项编码", "owner_name": "发布机关", "open_fields": "允许县区自定的要素",
    "guiding_department": "业务指导部门", "power_source": "权力来源", "body_kind": "实施主体性质", "entrusted_by": "委托机关",
    "duties": "责任与追责情形", "items": "联办事项",
    "stated_limit": "公布的总时限", "partial_results": "逐项出结果", "delivery": "送达方式",
    "audience": "适用人群", "item_code": "事项编码", "after": "须先办结的事项标识", "words": "同义词",
    # Where the name alone would mislead.
    "Department.code": "统一社会信用代码", "Department.name": "部门名称", "Fee.standard": "标准（原文）", "Baseline.limit": "时限",
    "Baseline.steps": "环节数", "Baseline.materials": "材料数",
    "Baseline.source": "出处", "Place.windows": "窗口号", "Result.kind": "办结方式",
    "Step.kind": "环节类型", "Material.standard": "受理标准", "FormField.kind": "填写方式", "Question.kind": "回答方式",
    "FormField.options": "选项（一行一个）", "SpecialProcedure.kind": "程序种类", "Theme.name": "主题名称",
    "ThemeItem.stage": "项目阶段",
}  # fmt: skip

HINT: Final[Mapping[str, str]] = {
    "ItemDefinition.aliases": "一行一个：群众怎么说，就怎么写",
    "ItemDefinition.duty_codes": "没有关联权责清单的指南不能发布",
    "ItemDefinition.former_codes": "一行一个",
    "ItemDefinition.visit_reason": "到现场次数不为 0 时必填",
    "ItemDefinition.topics": "一行一个",
    "ItemDefinition.corporate_topics": "一行一个",
    "ItemDefinition.service_objects": "一行一个：自然人、企业法人、事业法人、社会组织法人……",
    "Material.key": "不填就自动编号；小写字母、数字、下划线，发布后不要改",
    "Material.one_of": "同一事项里分组相同的材料，交一份即可",
    "Material.excludes": "交了本材料，勾选的材料就不用再交",
    "GuideFile.id": "在页面下方上传，会自动填到这里",
    "FormField.key": "不填就自动编号；小写字母、数字、下划线，发布后不要改",
    "FormField.fact": "一件事里对应同一信息项的只问一次，如 applicant.phone",
    "Question.key": "不填就自动编号；小写字母开头，规则用它作变量名，发布后不要改",
    "Option.key": "不填就自动编号；小写字母开头，规则里写作字符串",
    "Fee.least": "按单位计，以分为单位；固定收费时与最高相同",
    "ThemeItem.key": "不填就自动编号；小写字母开头",
    "ThemeItem.after": "这些事项办结以后才开始办它",
    "ThemeItem.item_code": "本目录没有的（如银行开户）不填",
    "ThemeItem.stage": "工程建设项目必填：立项用地规划许可、工程建设许可、施工许可、竣工验收",
    "Handling.pre_review": "预审通过的，提交相同材料不再重复审查；网办深度应含互联网预审",
    "Handling.pre_review_days": "不填为 30 日",
    "Handling.correction_days": "从补正通知起算，逾期未补正的申请失效；不填为 10 个工作日",
    "Handling.deferral_days": "从受理起算，可容缺的材料在期限内补齐；不填为 10 个工作日",
    "Handling.commitment_text": "申请人逐字承诺的内容；实行告知承诺、或有材料可用承诺代替的必填",
    "Handling.verify_days": "准予以后在期限内核查承诺；不填为 40 个工作日",
    "Handling.visit_pauses": "行政许可法第四十五条没有现场勘验：有专门法律、法规规定的才能勾选",
    "Handling.renewal": "证照到期前作出决定，逾期未决定的视为准予延续（行政许可法第五十条）",
    "Handling.joint": "联合办理的法定时限为 45 个工作日，可延长 15 个工作日（行政许可法第四十二条）",
    "Handling.in_order": "有数量限制的，按受理先后决定（行政许可法第五十七条）",
    "ThemeDefinition.project": "申请时填写 24 位项目代码，联办事项分阶段办理",
    "EntryDefinition.open_fields": "勾选的要素，县区可以自己规定；其余照标准执行",
}


def fields_of(descriptor: Any) -> Sequence[str]:
    """The fields of a part of a form, in the order they are asked."""
    return _ORDER.get(descriptor.name) or [field.name for field in descriptor.fields]


_ORDER: Final[Mapping[str, Sequence[str]]] = {
    "Material": (
        names(
            "name key necessity when kind maker medium originals duplicates waiver licence_name licence_code one_of excludes issuer "
            "source validity standard note basis blank_form sample standard_code stage form copies"
        )
    ),
    "FormField": ["label", "key", "kind", "required", "options", "max_length", "hint", "fact"],
    "Question": ["text", "key", "kind", "options", "when", "hint", "basis"],
    "Option": ["text", "key"],
    "Department": ["name", "code"],
    "GuideFile": ["name", "url", "id"],
}
