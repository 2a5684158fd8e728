"""What each RPC of message is asked for in the authority matrix."""

from collections.abc import Mapping

from tests.service.authority.asked import REGION, Target, itself, listing, record

CODE = "case.correction"
TEXT = {
    "title": "请补材料",
    "body": "您的“{item}”请在{due}前补材料，编号{number}。",
    "short": "请在{due}前补“{item}”。",
}

MESSAGES: Mapping[str, Target] = {
    "MessageService/ListNotices": listing(lambda w: w.message.notice),
    "MessageService/GetNotice": record(lambda w: {"notice_id": w.message.notice}),
    "MessageService/ReadNotice": record(lambda w: {"notice_id": w.message.notice}),
    "MessageService/CountUnread": itself(),
    "MessageService/GetPreferences": itself(),
    "MessageService/SavePreferences": itself(preferences={"digest": True}),
    "TemplateService/ListTemplates": record(lambda w: {"region": REGION}),
    "TemplateService/GetTemplate": record(lambda w: {"region": REGION, "code": CODE}),
    "TemplateService/PreviewTemplate": record(lambda w: {"region": REGION, "code": CODE}),
    "TemplateService/SaveTemplate": record(lambda w: {"region": REGION, "code": CODE, "text": TEXT}),
    "TemplateService/PublishTemplate": record(lambda w: {"region": REGION, "code": CODE, "version": 1}),
    "TemplateService/ReturnTemplate": record(lambda w: {"region": REGION, "code": CODE, "reason": "再想想看"}),
    "RuleService/GetMessageRules": record(lambda w: {"region": REGION}),
    "RuleService/SaveMessageRules": record(lambda w: {"rules": {"region": REGION}}),
    "RuleService/GetMessageFigures": record(lambda w: {"region": REGION, "first": "2026-11-01", "last": "2026-11-30"}),
    "ProofService/ListProofs": listing(lambda w: w.message.notice, subject="case", subject_id=lambda w: w.message.case),
    "ProofService/GetProof": record(lambda w: {"notice_id": w.message.notice}),
    "ProofService/ListFailed": listing(lambda w: w.message.failed, page_size=100),
}
MESSAGE: Mapping[str, Target] = {f"yiwang.message.v1.{name}": target for name, target in MESSAGES.items()}
