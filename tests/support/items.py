"""A sample item, and how case gets to know it without catalog."""

import uuid
from typing import Any

from pymongo.database import Database

from services.case import store_items
from tests.support.actors import DEPARTMENT, REGION
from yiwang.catalog.v1 import service_pb2 as pb


def definition(**changes: Any) -> pb.ItemDefinition:
    """An item with two review steps, three materials and a form of every kind of field, with these changes."""
    fields: dict[str, Any] = {
        "code": "TEST-1",
        "name": "公共场所卫生许可",
        "department": pb.Department(code=DEPARTMENT, name="示范县卫生健康局"),
        "region": REGION,
        "duty_codes": ["DUTY-1"],
        "online": True,
        "result_name": "卫生许可证",
        "promised_limit": pb.Limit(amount=5, unit=pb.TIME_UNIT_WORKING_DAY),
        "statutory_limit": pb.Limit(amount=20, unit=pb.TIME_UNIT_WORKING_DAY),
        "steps": [
            pb.Step(name="受理", kind=pb.STEP_KIND_ACCEPT),
            pb.Step(name="材料审查", kind=pb.STEP_KIND_REVIEW),
            pb.Step(name="现场勘验", kind=pb.STEP_KIND_REVIEW),
            pb.Step(name="决定", kind=pb.STEP_KIND_DECIDE),
        ],
        "materials": [
            pb.Material(key="application", name="申请书", necessity=pb.NECESSITY_REQUIRED),
            pb.Material(key="plan", name="平面图", necessity=pb.NECESSITY_OPTIONAL),
            pb.Material(key="report", name="检测报告", necessity=pb.NECESSITY_DEFERRABLE),
        ],
        "form_fields": [
            pb.FormField(key="name", label="姓名", kind=pb.FIELD_KIND_TEXT, required=True, max_length=20),
            pb.FormField(key="phone", label="联系电话", kind=pb.FIELD_KIND_PHONE, required=True),
            pb.FormField(key="area", label="面积", kind=pb.FIELD_KIND_NUMBER),
            pb.FormField(key="opening", label="开业日期", kind=pb.FIELD_KIND_DATE),
            pb.FormField(key="note", label="备注", kind=pb.FIELD_KIND_LONG_TEXT, max_length=200),
        ],
    }
    return pb.ItemDefinition(**(fields | changes))


def simple(**changes: Any) -> pb.ItemDefinition:
    """An item that asks for no material and no answer."""
    return definition(**({"materials": [], "form_fields": []} | changes))


def publish(database: Database[dict[str, Any]], item: pb.ItemDefinition, id: str = "", edition: int = 1) -> str:
    """Puts the item into case's own copy; returns its id."""
    id = id or str(uuid.uuid4())
    store_items.Items(database).keep(id, edition, edition, item)
    return id


FORM = {"name": "张三丰", "phone": "13912345678"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
