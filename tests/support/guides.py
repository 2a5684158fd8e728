"""A guide in which the lint finds nothing, to break in one place at a time."""

from typing import Any

from standards.identifiers import uscc_check_digit
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

_BODY = "11430103006123456"
OWNER = _BODY + uscc_check_digit(_BODY)
BASE = "430112015000"
IMPLEMENTATION = OWNER + "4" + BASE
CODE = IMPLEMENTATION + "01"


def leaf(cel: str) -> rules.Rule:
    """A rule of one condition."""
    return rules.Rule(leaf=rules.Leaf(id="one", cel=cel))


def days(amount: int, unit: int = pb.TIME_UNIT_WORKING_DAY, note: str = "") -> pb.Limit:
    """A limit."""
    return pb.Limit(amount=amount, unit=unit, note=note)  # type: ignore[arg-type]


def material(**changes: Any) -> pb.Material:
    """A material of the clean guide, with these changes."""
    fields: dict[str, Any] = {
        "key": "plan",
        "name": "场所平面图",
        "necessity": pb.NECESSITY_REQUIRED,
        "medium": pb.MATERIAL_FORM_EITHER,
        "source": "申请人自备",
        "maker": pb.MAKER_APPLICANT,
        "originals": 1,
    }
    return pb.Material(**(fields | changes))


def _steps() -> list[pb.Step]:
    kinds = (
        ("受理", pb.STEP_KIND_ACCEPT, 1),
        ("审核", pb.STEP_KIND_REVIEW, 3),
        ("审批", pb.STEP_KIND_DECIDE, 1),
        ("办结", pb.STEP_KIND_ISSUE, 1),
        ("送达", pb.STEP_KIND_ISSUE, 10),
    )
    return [pb.Step(name=name, kind=kind, limit=days(limit), role="许可岗") for name, kind, limit in kinds]


def clean(**changes: Any) -> pb.ItemDefinition:
    """A licence with everything a guide should have; `changes` replace fields, None leaves one out."""
    file = pb.GuideFile(name="样表.pdf", url="https://example.org/form.pdf")
    fields: dict[str, Any] = {
        "code": CODE,
        "base_code": BASE,
        "implementation_code": IMPLEMENTATION,
        "duty_codes": [IMPLEMENTATION],
        "name": "公共场所卫生许可",
        "type_code": "01",
        "department": pb.Department(code=OWNER, name="示范县卫生健康局"),
        "region": "430103",
        "exercise_level": "4",
        "service_objects": ["自然人", "企业法人"],
        "topics": ["卫生健康"],
        "corporate_topics": ["准营准办"],
        "statutory_limit": days(20, note="20个工作日"),
        "promised_limit": days(5, note="5个工作日内"),
        "case_kind": pb.CASE_KIND_PROMISED,
        "review_kind": pb.REVIEW_KIND_THEN_DECIDED,
        "conditions": "具有固定的营业场所，室内空气、水质、采光、照明和噪声符合卫生标准。",
        "laws": [pb.Law(title="《公共场所卫生管理条例》", article="第四条")],
        "steps": _steps(),
        "materials": [
            material(key="form", name="卫生许可证申请表", kind=pb.MATERIAL_KIND_FORM, blank_form=file, sample=file),
            material(),
            material(key="lease", name="租赁合同", when=leaf('premises == "rented"')),
        ],
        "questions": [
            pb.Question(
                key="premises",
                text="经营场所是自有还是租赁？",
                kind=pb.QUESTION_KIND_ONE,
                options=[pb.Option(key="own", text="自有"), pb.Option(key="rented", text="租赁")],
            )
        ],
        "charged": True,
        "pay_online": True,
        "fees": [pb.Fee(name="工本费", standard="10元/证", least=1000, most=1000, basis="发改价格〔2019〕914号")],
        "results": [pb.Result(name="卫生许可证", kind=pb.RESULT_KIND_CERTIFICATE, sample=file)],
        "visits": 0,
        "online": True,
        "online_depths": [4, 5],
        "handling_forms": [pb.HANDLING_FORM_WINDOW, pb.HANDLING_FORM_WEB],
        "faq": [pb.Faq(question="卫生许可证有效期几年？", answer="四年，期满三十日前申请延续。")],
        "places": [pb.Place(name="示范县政务服务大厅", address="人民路1号", hours="工作日9:00—17:00")],
        "phone": "0731-82213456",
        "supervision_phone": "12345",
        "at_service_centre": True,
    }
    return pb.ItemDefinition(**{name: value for name, value in (fields | changes).items() if value is not None})
