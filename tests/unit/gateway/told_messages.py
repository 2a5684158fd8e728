"""What message answers."""

from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

NOTICE = "7b0f3c1e-0000-4000-8000-0000000000d1"
CODE = "case.correction"
CORRECTION = "请补齐申请材料（补正告知）"
SMS, EMAIL, LETTER = messages.CHANNEL_SMS, messages.CHANNEL_EMAIL, messages.CHANNEL_LETTER


def a_notice(**change: object) -> messages.Notice:
    """A notice that has to be given: an SMS was sent, nothing is known of it."""
    fields = {
        "id": NOTICE,
        "version": 3,
        "title": CORRECTION,
        "text": "您申请的“测试事项”材料不齐。\n请在2026年12月3日前补齐并提交。",
        "link": "/cases/7b0f3c1e-0000-4000-8000-000000000002",
        "kind": messages.NOTICE_KIND_LEGAL,
        "template": CODE,
        "edition": 1,
        "subject": "case",
        "subject_id": "7b0f3c1e-0000-4000-8000-000000000002",
        "subject_number": "990101-260305-7K3QWX-M",
        "status": messages.NOTICE_STATUS_WAITING,
        "raised_at": "2026-03-05T06:07:00Z",
        "must": "《中华人民共和国行政许可法》第三十二条第一款第四项",
        "sendings": [messages.Sending(number=1, channel=SMS, provider="a", begun_at="2026-03-05T06:07:01Z")],
    }
    return messages.Notice(**fields | change)


def read(**change: object) -> messages.Notice:
    """The same, read in the message centre."""
    at = "2026-03-05T08:00:00Z"
    status = messages.NOTICE_STATUS_TOLD
    fields = {"status": status, "told_at": at, "read_at": at, "told_by": messages.CHANNEL_CENTRE}
    return a_notice(**fields | change)


TEXT = messages.TemplateText(
    title="请补齐申请材料",
    body="您申请的“{item}”材料不齐。\n请在{due}前补齐。",
    short="“{item}”需要补材料，请在{due}前提交。",
)
NEW = messages.TemplateText(
    title="请补材料", body="您的“{item}”还缺材料。\n请在{due}前补。", short="“{item}”还缺材料，请在{due}前补。"
)


def a_template(**change: object) -> desk.Template:
    """A template nobody words anew."""
    fields = {
        "code": CODE,
        "purpose": "一次性告知补正",
        "kind": messages.NOTICE_KIND_LEGAL,
        "must": "《中华人民共和国行政许可法》第三十二条第一款第四项",
        "audience": "申请人",
        "fields": [desk.TemplateField(name="item", title="事项名称", sample="食品经营许可")],
        "channels": [messages.CHANNEL_CENTRE, SMS, EMAIL, LETTER],
        "text": TEXT,
        "edition": 1,
        "editions": [desk.TemplateEdition(edition=1, text=TEXT, published_at="2026-03-01T00:00:00Z")],
    }
    return desk.Template(**fields | change)


def a_preview(*findings: tuple[str, str, bool]) -> desk.PreviewTemplateResponse:
    """A preview, and what is wrong with the text."""
    return desk.PreviewTemplateResponse(
        previews=[
            desk.Preview(
                channel=messages.CHANNEL_CENTRE, title="请补齐申请材料", text="您申请的“食品经营许可”材料不齐。"
            ),
            desk.Preview(channel=SMS, text="【示范县政务服务】“食品经营许可”需要补材料。", parts=2),
        ],
        findings=[desk.TextFinding(field=at, rule="T03", message=said, error=error) for at, said, error in findings],
    )
