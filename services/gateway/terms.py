"""The Chinese terms of accounts, delegations, organisations and administration. Tables only, as words.py."""

from services.gateway import words
from services.gateway.words import Word
from yiwang.access.v1 import access_pb2 as access
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import clients_pb2 as clients
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import delegations_pb2 as delegations
from yiwang.identity.v1 import organizations_pb2 as organizations
from yiwang.identity.v1 import verifications_pb2 as verifications

LEVEL = {
    access.IDENTITY_LEVEL_NONE: Word("未核验", "warn"),
    access.IDENTITY_LEVEL_WEAK: Word("初级 · 手机号已核验", "go"),
    access.IDENTITY_LEVEL_MEDIUM: Word("中级 · 实名已核验", "good"),
    access.IDENTITY_LEVEL_STRONG: Word("高级 · 人脸或银行卡已核验", "good"),
    access.IDENTITY_LEVEL_IN_PERSON: Word("最高级 · 窗口当面核验", "good"),
}

LEVEL_MEANS = {
    access.IDENTITY_LEVEL_NONE: "只登记了姓名和身份证号，尚未核验。大部分事项需要先提高等级。",
    access.IDENTITY_LEVEL_WEAK: "手机号确由您使用。可以查询和办理对实名要求不高的事项。",
    access.IDENTITY_LEVEL_MEDIUM: "姓名与身份证号一致。可以办理多数事项，也可以认领企业、授权经办人。",
    access.IDENTITY_LEVEL_STRONG: "确为您本人操作。可以办理对实名要求较高的事项。",
    access.IDENTITY_LEVEL_IN_PERSON: "工作人员已当面核对您的证件。可以办理全部事项。",
}

# In the order they are offered: what it is called, what happens, the level it gives.
METHOD = {
    verifications.VERIFICATION_METHOD_PHONE: ("手机短信", "向您登记的手机号发送验证码", access.IDENTITY_LEVEL_WEAK),
    verifications.VERIFICATION_METHOD_NAME_NUMBER: (
        "姓名和身份证号比对",
        "与人口信息比对，无需操作",
        access.IDENTITY_LEVEL_MEDIUM,
    ),
    verifications.VERIFICATION_METHOD_FACE: ("人脸核验", "按提示完成人脸核验", access.IDENTITY_LEVEL_STRONG),
    verifications.VERIFICATION_METHOD_BANK_CARD: (
        "银行卡核验",
        "与银行比对姓名、身份证号、手机号和本人卡号",
        access.IDENTITY_LEVEL_STRONG,
    ),
}

VERIFICATION = {
    verifications.VERIFICATION_STATUS_REQUESTED: Word("正在核验", "wait"),
    verifications.VERIFICATION_STATUS_CHALLENGED: Word("待您回应", "warn"),
    verifications.VERIFICATION_STATUS_ANSWERED: Word("正在核验", "wait"),
    verifications.VERIFICATION_STATUS_PASSED: Word("通过", "good"),
    verifications.VERIFICATION_STATUS_FAILED: Word("未通过", "bad"),
}

DELEGATION = {
    delegations.DELEGATION_STATUS_REQUESTED: Word("待本人确认", "warn"),
    delegations.DELEGATION_STATUS_ACTIVE: Word("有效", "good"),
    delegations.DELEGATION_STATUS_DECLINED: Word("已拒绝", "quiet"),
    delegations.DELEGATION_STATUS_REVOKED: Word("已撤销", "quiet"),
    delegations.DELEGATION_STATUS_EXPIRED: Word("已到期", "quiet"),
}

ORGANIZATION = {
    organizations.ORGANIZATION_STATUS_PENDING: Word("正在核验", "wait"),
    organizations.ORGANIZATION_STATUS_ACTIVE: Word("已核验", "good"),
    organizations.ORGANIZATION_STATUS_REFUSED: Word("未通过核验", "bad"),
}

AGENT_KIND = {agents.AGENT_KIND_HELPER: "帮办代办点", agents.AGENT_KIND_BANK: "银行网点（政银通办）"}

AGENT_LEVEL = {
    agents.AGENT_LEVEL_CITY: "市级",
    agents.AGENT_LEVEL_COUNTY: "县级",
    agents.AGENT_LEVEL_TOWNSHIP: "乡镇（街道）",
    agents.AGENT_LEVEL_VILLAGE: "村（社区）",
}

DEVICE_KIND = {
    counties.DEVICE_KIND_KIOSK: "自助终端",
    counties.DEVICE_KIND_TABLET: "窗口平板",
    counties.DEVICE_KIND_GATE: "门禁闸机",
}

CLIENT_KIND = {
    clients.CLIENT_KIND_SIGN_ON: "统一登录（OpenID Connect）",
    clients.CLIENT_KIND_MACHINE: "系统对接（自行调用接口）",
}

CLIENT_PROOF = {
    clients.CLIENT_PROOF_PRIVATE_KEY_JWT: "私钥签名（private_key_jwt）",
    clients.CLIENT_PROOF_MUTUAL_TLS: "双向 TLS 证书（仅系统对接）",
    clients.CLIENT_PROOF_SECRET: "客户端密钥（仅统一登录）",
    clients.CLIENT_PROOF_NONE: "无（PKCE，仅统一登录的移动应用）",
}

SCOPE = {
    "openid": "登录标识",
    "profile": "姓名",
    "phone": "手机号",
    "id_number": "公民身份号码",
    "document_type": "证件种类",
    "level": "实名等级",
    "offline_access": "离线续期",
}

CHANNEL = {
    "web": "网上",
    "mobile": "移动端",
    "window": "窗口",
    "kiosk": "自助终端",
    "agent": "帮办代办",
    "bank": "政银通办",
}

ROLE_MEANS = {
    "receive": "收件、受理、告知补正",
    "review": "审查",
    "decide": "作出决定，须由另一名管理员批准",
    "issue": "制证送达",
    "supervise": "查阅任何办件，只读，每次都会记录",
    "catalog": "编制事项",
    "administer": "管理部门、人员、窗口和系统",
    "market": "审核中介机构、资质、采购需求和评审专家",
    "procure": "以本部门为项目业主采购中介服务",
    "policy": "编制惠企政策、报告企业情况、办理企业诉求",
    "payout": "审核本部门的兑付申请和名单",
    "finance": "安排预算、复核拨付、对账",
}

SERVICE = {"identity": "身份", "case": "办件"}

# What our own forms call their fields, where it differs from words.FIELD or stands only here.
FIELD = words.FIELD | {
    "method": "核验方式",
    "card_number": "银行卡号",
    "answer": "回应内容",
    "agent_organization_id": "受托机构",
    "scope": "委托事项",
    "scope.item_codes": "委托事项",
    "scope.case_id": "委托办件",
    "until": "截止日期",
    "from": "起始日期",
    "uscc": "统一社会信用代码",
    "address": "地址",
    "staff_number": "工号",
    "agent_number": "代办员编号",
    "roles": "岗位权限",
    "department": "部门",
    "region": "行政区划代码",
    "post": "岗位",
    "parent": "上级部门",
    "successor_id": "接手人",
    "parent_id": "上级点",
    "item_codes": "可办事项",
    "kind": "类别",
    "code": "代码",
    "hall": "大厅",
    "label": "名称",
    "jwk_json": "设备公钥",
    "color": "主色",
    "slogan": "标语",
    "hotline": "热线电话",
    "channels": "办事渠道",
    "quotas": "配额",
    "quotas.submits_per_minute": "每分钟申请量",
    "quotas.machine_calls_per_minute": "系统调用上限",
    "proof": "身份证明方式",
    "jwks_json": "公钥集",
    "certificate_sha256": "证书指纹",
    "redirect_uris": "回调地址",
    "post_logout_redirect_uris": "退出后地址",
    "scopes": "可获取的信息",
    "rpcs": "可调用的接口",
    "quota_per_minute": "每分钟调用次数",
    "window_id": "窗口",
    "person_id": "账号标识",
}
# The same name means something else on these forms.
PLACE = FIELD | {"name": "名称", "number": "窗口号", "phone": "电话"}
CONTACT = FIELD | {"email": "电子邮箱", "address": "通信地址"}

# After a redirect the page says what was done; the key travels in the address, the text stays here.
DONE = {
    "level-asked": "核验已发起，结果稍后显示在下方。",
    "level-answered": "已提交，正在核验。",
    "granted": "委托已生效，可随时撤销。",
    "confirmed": "已同意，委托开始生效。",
    "declined": "已拒绝。",
    "revoked": "委托已撤销，正在进行的代办已终止。",
    "requested": "请求已发出，等待本人登录确认。",
    "acting": "已进入代办。您所做的每一步都会同时记录双方姓名。",
    "acting-ended": "代办已结束，您已回到自己的账号。",
    "acting-over": "代办已终止：委托可能已被撤销或到期。您已回到自己的账号。",
    "claimed": "已提交认领，核验结果稍后显示。",
    "handler-added": "经办人已授权。",
    "handler-revoked": "经办人授权已取消。",
    "contact-saved": "联系方式已保存。",
    "unbound": "小程序已解除绑定。",
    "consent-revoked": "授权已取消，该应用需要重新征得您的同意。",
    "erased": "账号已注销，您的个人信息已无法恢复。",
    "saved": "已保存。",
    "appointed": "任职信息已保存。",
    "proposed": "已保存。“决定”权限须由另一名管理员批准后生效。",
    "approved": "已批准，权限开始生效。",
    "rejected": "已驳回该项权限。",
    "transferred": "调岗已完成，未办结的工作已移交。",
    "dismissed": "已免职，其登录状态随即失效。",
    "closed-point": "该点已停用。",
    "device-added": "设备已登记。",
    "device-revoked": "设备已停用，其令牌随即失效。",
    "disabled": "已停用，其令牌随即失效。",
    "enabled": "已恢复启用。",
    "suspended": "账号已停用。",
    "resumed": "账号已恢复。",
    "signed-on": "您已在此窗口上岗。",
    "seen-in-person": "已登记为窗口当面核验，办事人可在信息查阅记录中看到。",
    "signed-off": "您已离岗。",
}
