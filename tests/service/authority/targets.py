"""What each RPC is asked for in the authority matrix: a record of the own department, the own county and one owner.

The table has to name every RPC of every service; who may do what stands in the contracts and nowhere here.
"""

from collections.abc import Mapping

from tests.service.authority.asked import (
    DEPARTMENT,
    JWK,
    NOW,
    OTHER_DEPARTMENT,
    PASSWORD,
    PROJECT,
    REGION,
    Target,
    itself,
    listing,
    record,
    uscc,
)
from tests.service.authority.targets_intermediary import INTERMEDIARY
from tests.service.authority.targets_message import MESSAGE
from tests.service.authority.targets_policy import POLICY
from tests.service.authority.targets_rating import RATINGS

IDENTITY: Mapping[str, Target] = {
    "IdentityService/SignOut": itself(),
    "IdentityService/ListSessions": listing(lambda w: w.session_of_owner),
    "IdentityService/EndSessions": record(lambda w: {"session_id": w.session_of_owner}),
    "IdentityService/ChangePassword": itself(old_password="wrong-password", new_password=PASSWORD),
    "IdentityService/GetMe": itself(),
    "IdentityService/ErasePerson": itself(),
    "IdentityService/SuspendPerson": record(lambda w: {"person_id": w.bystander_id, "reason": "冒用他人身份"}),
    "IdentityService/ResumePerson": record(lambda w: {"person_id": w.bystander_id}),
    "IdentityService/CountPrincipals": itself(),
    "FactorService/BeginTotp": itself(),
    "FactorService/ConfirmTotp": itself(code="123456"),
    "FactorService/RemoveTotp": itself(code="123456"),
    "FactorService/BeginPasskey": itself(),
    "FactorService/FinishPasskey": itself(challenge="c" * 40, credential_json="{}" * 20, label="钥匙"),
    "FactorService/RemovePasskey": itself(passkey_id="nobodys"),
    "FactorService/ListFactors": itself(),
    "VerificationService/RequestVerification": itself(method=2),
    "VerificationService/AnswerVerification": record(lambda w: {"verification_id": w.verification, "answer": "123456"}),
    "VerificationService/GetVerification": record(lambda w: {"verification_id": w.verification}),
    "VerificationService/ListVerifications": listing(lambda w: w.verification),
    "VerificationService/VerifyInPerson": record(
        lambda w: {
            "name": w.bystander_name,
            "id_number": w.bystander_number,
            "phone": w.bystander_phone,
            "document_type": "111",
        }
    ),
    "OrganizationService/RegisterOrganization": itself(uscc=uscc("91990121MA0XA8M04"), name="示范县一家公司"),
    "OrganizationService/GetOrganization": record(
        lambda w: {"organization_id": w.organization}, ("owner", "handler of an organisation")
    ),
    "OrganizationService/ListMyOrganizations": listing(lambda w: w.organization),
    "OrganizationService/AuthorizeHandler": record(
        lambda w: {
            "organization_id": w.organization,
            "name": w.bystander_name,
            "id_number": w.bystander_number,
            "from": "2026-11-01",
            "until": "2027-10-31",
        }
    ),
    "OrganizationService/RevokeHandler": record(
        lambda w: {"organization_id": w.organization, "person_id": w.bystander_id}
    ),
    "OrganizationService/ActForOrganization": record(lambda w: {"organization_id": w.organization}),
    "AgentService/SaveAgentOrganization": record(
        lambda w: {"code": "point-1", "name": "示范县帮办点", "kind": 1, "region": REGION}
    ),
    "AgentService/CloseAgentOrganization": record(lambda w: {"agent_organization_id": w.spare_point}),
    "AgentService/AppointAgent": record(
        lambda w: {"agent_number": "bb-77", "name": "帮办员", "agent_organization_id": w.point, "password": PASSWORD}
    ),
    "AgentService/DismissAgent": record(lambda w: {"agent_id": w.spare_agent}),
    "AgentService/ListAgents": listing(lambda w: w.agent_id),
    "DelegationService/GrantDelegation": itself(
        agent_organization_id=lambda w: w.point, scope={"item_codes": ["ITEM1"]}, until=NOW
    ),
    "DelegationService/RequestDelegation": itself(
        name=lambda w: w.bystander_name,
        id_number=lambda w: w.bystander_number,
        scope={"item_codes": ["ITEM1"]},
        until=NOW,
    ),
    "DelegationService/ConfirmDelegation": record(lambda w: {"delegation_id": w.requested}),
    "DelegationService/DeclineDelegation": record(lambda w: {"delegation_id": w.requested}),
    "DelegationService/RevokeDelegation": record(lambda w: {"delegation_id": w.spare_delegation}, ("owner", "agent")),
    "DelegationService/GetDelegation": record(lambda w: {"delegation_id": w.delegation}, ("owner", "agent")),
    "DelegationService/ListDelegations": listing(
        lambda w: w.delegation, ("owner", "agent"), held=lambda w: w.caller == "agent"
    ),
    "DelegationService/GetDelegationCertificate": record(lambda w: {"delegation_id": w.delegation}, ("owner", "agent")),
    "DelegationService/ActFor": record(lambda w: {"delegation_id": w.delegation}, ("agent",)),
    "OfficerService/SaveDepartment": record(
        lambda w: {"uscc": DEPARTMENT, "name": "示范县市场监督管理局", "region": REGION}
    ),
    "OfficerService/AppointOfficer": record(
        lambda w: {
            "staff_number": "matrix-1",
            "name": "新任者",
            "roles": ["receive"],
            "department": DEPARTMENT,
            "region": REGION,
            "password": PASSWORD,
        }
    ),
    "OfficerService/ApproveAppointment": record(lambda w: {"officer_id": w.proposed_officer}),
    "OfficerService/RejectAppointment": record(lambda w: {"officer_id": w.proposed_officer}),
    "OfficerService/TransferOfficer": record(
        lambda w: {
            "officer_id": w.spare_officer,
            "department": w.other_department,
            "roles": ["receive"],
            "successor_id": w.successor,
        }
    ),
    "OfficerService/DismissOfficer": record(lambda w: {"officer_id": w.spare_officer}),
    "OfficerService/GetOfficer": record(lambda w: {"officer_id": w.spare_officer}),
    "OfficerService/ListOfficers": listing(lambda w: w.spare_officer, page_size=200),
    "CountyService/SaveCounty": record(lambda w: {"region": REGION, "name": "示范县", "channels": {"web": True}}),
    "CountyService/SaveWindow": record(
        lambda w: {"number": "A01", "hall": "政务大厅", "region": REGION, "department": DEPARTMENT}
    ),
    "CountyService/ListWindows": listing(lambda w: w.window, region=REGION),
    "CountyService/SignOnWindow": itself(window_id=lambda w: w.window),
    "CountyService/SignOffWindow": itself(),
    "CountyService/ListDuties": record(lambda w: {"window_id": w.window}),
    "CountyService/RegisterDevice": record(
        lambda w: {"kind": 1, "label": "大厅自助机", "region": REGION, "jwk_json": JWK}
    ),
    "CountyService/RevokeDevice": record(lambda w: {"device_id": w.device}),
    "CountyService/ListDevices": listing(lambda w: w.device),
    "ClientService/SaveClient": record(
        lambda w: {
            "code": "matrix-client",
            "name": "部门系统",
            "kind": 1,
            "proof": 4,
            "department": DEPARTMENT,
            "region": REGION,
            "redirect_uris": ["https://one.example/back"],
            "scopes": ["openid"],
        }
    ),
    "ClientService/DisableClient": record(lambda w: {"client_id": w.client}),
    "ClientService/EnableClient": record(lambda w: {"client_id": w.client}),
    "ClientService/ListClients": listing(lambda w: w.client),
    "ClientService/GetClientFigures": record(lambda w: {"client_id": w.client, "days": 7}),
    "SsoService/Authorize": itself(),
    "SsoService/ListConsents": itself(),
    "SsoService/RevokeConsent": itself(client_id=lambda w: w.client),
    "PrivacyService/FindPerson": record(lambda w: {"id_number": w.bystander_number, "purpose": "核对申请人身份"}),
    "PrivacyService/UnmaskPerson": record(
        lambda w: {"person_id": w.bystander_id, "fields": [3], "purpose": "联系申请人补正材料"}
    ),
    "PrivacyService/ListAccesses": listing(lambda w: w.access_of_owner),
    "ContactService/GetContact": listing(lambda w: w.email_of_owner),
    "ContactService/SaveContact": itself(email="another@example.cn"),
    "ContactService/LookUpContacts": record(
        lambda w: {
            "channel": 2,
            "purpose": "通知办理结果",
            "recipients": [{"principal": f"person:{w.owner_id}", "for_id": "of-the-matrix"}],
        }
    ),
}


CATALOG: Mapping[str, Target] = {
    "ItemService/ListDrafts": listing(lambda w: w.item, page_size=100),
    "ItemService/GetItemDraft": record(lambda w: {"item_id": w.item}),
    "ItemService/SaveItem": record(lambda w: {"definition": w.definition}),
    "ItemService/ReviewItem": record(lambda w: {"item_id": w.item, "version": 1}),
    "ItemService/ReturnItem": record(lambda w: {"item_id": w.item, "reason": "再议"}),
    "ItemService/PublishItem": record(lambda w: {"item_id": w.item}),
    "ItemService/SuspendItem": record(lambda w: {"item_id": w.spare_item, "reason": "系统升级"}),
    "ItemService/ResumeItem": record(lambda w: {"item_id": w.spare_item}),
    "ItemService/WithdrawItem": record(lambda w: {"item_id": w.ended_item, "reason": "职权取消"}),
    "ItemService/SplitItem": record(
        lambda w: {"item_id": w.spare_item, "parts": [{"code": f"PART{n}", "name": f"部分{n}"} for n in (1, 2)]}
    ),
    "ItemService/MergeItems": record(
        lambda w: {"item_ids": [w.merged_item, w.spare_item], "into": {"code": "MERGED", "name": "合并后的许可"}}
    ),
    "ItemService/CompareEditions": record(lambda w: {"item_id": w.spare_item, "from": 1}),
    "ItemService/LintDefinition": itself(definition=lambda w: w.definition),
    "ItemService/UploadGuideFile": itself(name="样表.pdf", content=b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"),
    "ItemService/ProposeCode": itself(implementation_code=f"{DEPARTMENT}4000112340000"),
    "ThemeService/SaveTheme": record(lambda w: {"definition": w.theme_definition}),
    "ThemeService/ReviewTheme": record(lambda w: {"id": w.theme, "version": 1}),
    "ThemeService/ReturnTheme": record(lambda w: {"id": w.theme, "reason": "再议"}),
    "ThemeService/PublishTheme": record(lambda w: {"id": w.theme}),
    "ThemeService/WithdrawTheme": record(lambda w: {"id": w.spare_theme, "reason": "取消"}),
    "ThemeService/GetThemeDraft": record(lambda w: {"id": w.theme}),
    "ThemeService/ListThemeDrafts": listing(lambda w: w.theme, page_size=100),
    "ListService/PublishList": record(lambda w: {"kind": 1, "region": REGION}),
    "VocabularyService/GetVocabulary": record(lambda w: {"region": REGION}),
    "VocabularyService/SaveVocabulary": record(
        lambda w: {"region": REGION, "groups": [{"words": ["身份证", "身份证件"]}]}
    ),
    "VocabularyService/ListMisses": record(lambda w: {"region": REGION}),
}

DIRECTORY: Mapping[str, Target] = {
    f"DirectoryService/{name.format(kind)}": record(fields(kind.lower()))
    for kind in ("Entry", "Implementation")
    for name, fields in {
        "Save{}": lambda kind: lambda w: {"definition": getattr(w, f"{kind}_definition")},
        "Review{}": lambda kind: lambda w: {"id": getattr(w, kind), "version": 1},
        "Return{}": lambda kind: lambda w: {"id": getattr(w, kind), "reason": "名称不规范"},
        "Publish{}": lambda kind: lambda w: {"id": getattr(w, kind)},
        "Withdraw{}": lambda kind: lambda w: {"id": getattr(w, f"spare_{kind}"), "reason": "已取消"},
        "Get{}Draft": lambda kind: lambda w: {"id": getattr(w, kind)},
    }.items()
} | {
    "DirectoryService/ListEntryDrafts": listing(lambda w: w.entry, page_size=100),
    "DirectoryService/ListImplementationDrafts": listing(lambda w: w.implementation, page_size=100),
    "DirectoryService/ProposeEntryCode": itself(area="00", type_code="01", guiding_code="12"),
}

CASE: Mapping[str, Target] = {
    "CaseService/UploadAttachment": itself(
        filename="a.pdf", content=b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF", case_id=lambda w: w.case
    ),
    "CaseService/DownloadAttachment": record(
        lambda w: {"case_id": w.case, "attachment_id": w.file}, ("owner", "delegate")
    ),
    "CaseService/SubmitCase": itself(item_id=lambda w: w.item_to_apply_for),
    "CaseService/GetCase": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "DocumentService/ListDocuments": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "DocumentService/GetDocument": record(
        lambda w: {"case_id": w.case, "number": f"{w.case_number}-R1"}, ("owner", "delegate")
    ),
    "CaseService/ListMyCases": listing(lambda w: w.case, ("owner", "delegate")),
    "CaseService/ListCases": listing(lambda w: w.case, department=DEPARTMENT, page_size=100),
    "CaseService/ListCaseAccesses": listing(lambda w: w.case_access),
    "CaseService/UnmaskCase": record(lambda w: {"case_id": w.case, "fields": ["phone"], "purpose": "联系申请人补正"}),
    "CaseService/ListInbox": listing(lambda w: w.case, page_size=100),
    "CaseService/RequestCorrection": record(
        lambda w: {"case_id": w.case, "materials": ["application"], "notice": "请补正"}
    ),
    "CaseService/CorrectCase": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "CaseService/AcceptCase": record(lambda w: {"case_id": w.case}),
    "CaseService/RefuseCase": record(lambda w: {"case_id": w.case, "reason": "不属于本机关职权"}),
    "CaseService/PassReviewStep": record(lambda w: {"case_id": w.case, "opinion": "符合"}),
    "CaseService/DecideCase": record(lambda w: {"case_id": w.case, "granted": True}),
    "CaseService/IssueResult": record(lambda w: {"case_id": w.case, "result_number": "示2026-1"}),
    "CaseService/CloseCase": record(lambda w: {"case_id": w.case}),
    "CaseService/WithdrawCase": record(lambda w: {"case_id": w.spare_case, "reason": "不办了"}),
}

EXCHANGE: Mapping[str, Target] = {
    "ExchangeService/ReportCases": itself(),
    # What of it leaves is told in tests/service/case/test_watching.py: here is no broker.
    "ExchangeService/WatchCases": itself(),
    "ExchangeService/PushResult": record(lambda w: {"case_id": w.case, "granted": True, "decided_at": NOW}),
    "ExchangeService/Reconcile": listing(lambda w: w.reported_number, day="2026-11-03"),
    "ExchangeService/GetReportedCase": record(lambda w: {"department": DEPARTMENT, "number": w.reported_number}),
    "ExchangeService/ListReportedCases": listing(lambda w: w.reported_number, department=DEPARTMENT),
}

PROMISES: Mapping[str, Target] = {
    "IntakeService/ReceiveApplication": itself(
        applicant_id=lambda w: w.owner_id, item_id=lambda w: w.item_anywhere, window_id="A01"
    ),
    "IntakeService/HandOverCase": record(lambda w: {"case_id": w.received_case, "receipt_digest": "0" * 64}),
    "IntakeService/TakeOverCase": record(lambda w: {"case_id": w.case, "receipt_digest": "0" * 64}),
    "IntakeService/ListReceived": listing(lambda w: w.received_case, page_size=100),
    "PreReviewService/PassPreReview": record(lambda w: {"case_id": w.case}),
    "PreReviewService/RejectPreReview": record(lambda w: {"case_id": w.case, "reason": "缺少平面图"}),
    "PreReviewService/RevisePreReview": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "PreReviewService/HandInCase": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "DraftService/SaveDraft": itself(item_id=lambda w: w.item_to_apply_for, content={}),
    "DraftService/GetDraft": record(lambda w: {"draft_id": w.draft}, ("owner", "delegate")),
    "DraftService/ListDrafts": listing(lambda w: w.draft, ("owner", "delegate")),
    "DraftService/DiscardDraft": record(
        lambda w: {"draft_id": w.spare_drafts.get(w.caller, w.draft)}, ("owner", "delegate")
    ),
    "PromiseService/LookUpLicence": itself(
        item_id=lambda w: w.item_to_apply_for, material="business", holder_number="1", purpose="免提交营业执照"
    ),
    "PromiseService/ListLicenceLookUps": listing(lambda w: w.look_up),
    "PromiseService/CheckLicence": record(
        lambda w: {"case_id": w.case, "material": "application", "holds": True, "note": "已核验"}
    ),
    "PromiseService/SupplyDeferred": record(
        lambda w: {"case_id": w.case, "materials": [{"material": "report", "attachments": [w.file]}]},
        ("owner", "delegate"),
    ),
    "PromiseService/VerifyPromise": record(lambda w: {"case_id": w.case, "kept": True, "finding": "与承诺一致"}),
    "PromiseService/ListPromiseBlocks": listing(lambda w: w.promise_block),
    "IntermediaryService/RequestIntermediary": record(
        lambda w: {"case_id": w.case, "service": "卫生检测"}, ("owner", "delegate")
    ),
    "PromiseService/LiftPromiseBlock": record(lambda w: {"block_id": w.promise_block, "reason": "信用已修复"}),
}

BUNDLES: Mapping[str, Target] = {
    "BundleService/SubmitBundle": itself(theme_id=lambda w: w.theme_to_apply_for),
    "BundleService/GetBundle": record(lambda w: {"bundle_id": w.bundle}, ("owner", "delegate")),
    "BundleService/ListMyBundles": listing(lambda w: w.bundle, ("owner", "delegate")),
    "BundleService/ListBundles": listing(lambda w: w.bundle, department=DEPARTMENT, page_size=100),
    "BundleService/ListProject": listing(lambda w: w.bundle, project_code=PROJECT, page_size=100),
    "BundleService/WithdrawBundle": record(lambda w: {"bundle_id": w.spare_bundle, "reason": "不办了"}),
    "BundleService/GiveUpBranch": record(
        lambda w: {"bundle_id": w.bundle, "key": "one", "reason": "不办了"}, ("owner", "delegate")
    ),
    "BundleService/DownloadBundleFile": record(
        lambda w: {"bundle_id": w.bundle, "attachment_id": w.bundle_file}, ("owner", "delegate")
    ),
}

PROCEDURES: Mapping[str, Target] = {
    "CaseService/NotAcceptCase": record(lambda w: {"case_id": w.case, "reason": "应向市级机关申请"}),
    "CaseService/VoidCase": record(lambda w: {"case_id": w.case, "reason": "重复录入"}),
    "CaseService/TransferCase": record(
        lambda w: {
            "case_id": w.case,
            "to_department": OTHER_DEPARTMENT,
            "to_department_name": "市级机关",
            "reason": "由上级决定",
        }
    ),
    "CaseService/ConfirmWithdrawal": record(lambda w: {"case_id": w.case}),
    "CaseService/RevokeDecision": record(lambda w: {"case_id": w.case, "reason": "以欺骗手段取得"}),
    "CaseService/CancelResult": record(lambda w: {"case_id": w.case, "reason": "主体注销"}),
    "TraceService/GetTrace": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "TraceService/GetCaseVersion": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "TraceService/VerifyJournal": record(lambda w: {"case_id": w.case}),
    "TraceService/ExportJournal": record(lambda w: {"case_id": w.case}),
    "FulfilmentService/SetFees": record(lambda w: {"case_id": w.case, "fees": [{"name": "工本费", "amount": 1}]}),
    "FulfilmentService/PayFees": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "FulfilmentService/GetPayment": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "FulfilmentService/RecordPayment": record(lambda w: {"case_id": w.case, "receipt_number": "2026000123"}),
    "FulfilmentService/ChooseDelivery": record(
        lambda w: {"case_id": w.case, "delivery": {"way": 1}}, ("owner", "delegate")
    ),
    "FulfilmentService/DispatchResult": record(lambda w: {"case_id": w.case, "tracking_number": "SF000001"}),
    "FulfilmentService/DeliverResult": record(lambda w: {"case_id": w.case}),
    "BoardService/GetBoard": listing(lambda w: "received_today: 1", department=DEPARTMENT),
    "BoardService/ListBoardCases": listing(lambda w: w.case, department=DEPARTMENT, figure=1),
    "BoardService/GetMyDesk": itself(),
    "SupervisionService/ListFindings": listing(lambda w: w.finding, department=DEPARTMENT, page_size=100),
    "SupervisionService/CountCases": listing(
        lambda w: "arrived: 1", department=DEPARTMENT, **{"from": lambda w: w.today, "until": lambda w: w.today}
    ),
    "SupervisionService/GetFinding": record(lambda w: {"finding_id": w.finding}),
    "SupervisionService/UrgeCase": record(lambda w: {"case_id": w.spare_case, "text": "请尽快办理"}),
    "SupervisionService/AnswerFinding": record(lambda w: {"finding_id": w.finding, "text": "正在办理"}),
    "SupervisionService/ReturnFinding": record(lambda w: {"finding_id": w.finding, "text": "请补充说明"}),
    "SupervisionService/CloseFinding": record(lambda w: {"finding_id": w.finding}),
    "ProcedureService/StartSpecialProcedure": record(
        lambda w: {"case_id": w.case, "kind": 7, "expected_until": NOW, "notice": "需要鉴定"}
    ),
    "ProcedureService/EndSpecialProcedure": record(lambda w: {"case_id": w.case, "number": 1, "outcome": "合格"}),
    "ProcedureService/ProposeExtension": record(lambda w: {"case_id": w.case, "days": 5, "reason": "案情复杂"}),
    "ProcedureService/ApproveExtension": record(lambda w: {"case_id": w.case}),
    "ProcedureService/DeclineExtension": record(lambda w: {"case_id": w.case, "reason": "理由不足"}),
    "ProcedureService/RequestOpinion": record(
        lambda w: {"case_id": w.case, "department": OTHER_DEPARTMENT, "department_name": "某局", "question": "可否"}
    ),
    # Asked of the own department by another one, whose case it is.
    "ProcedureService/GiveOpinion": record(lambda w: {"case_id": w.asked_case, "agrees": True, "text": "同意"}),
    "ProcedureService/ListOpinionsAsked": listing(lambda w: w.asked_case, page_size=100),
    "VisitService/OpenSlots": itself(slots=lambda w: [w.slot_times]),
    "VisitService/ListSlots": listing(lambda w: w.slot, ("owner", "delegate"), case_id=lambda w: w.case, page_size=100),
    "VisitService/BookVisit": record(lambda w: {"case_id": w.case, "slot_id": w.slot}, ("owner", "delegate")),
    "VisitService/CancelVisit": record(lambda w: {"case_id": w.case}, ("owner", "delegate")),
    "VisitService/RescheduleVisit": record(lambda w: {"case_id": w.case, "reason": "改期"}),
    "VisitService/SignVisit": record(
        lambda w: {"case_id": w.case, "findings": "合格", "at": NOW, "place": "某地", "signature": "某甲"}
    ),
}

TARGETS: Mapping[str, Target] = {
    **{f"yiwang.identity.v1.{name}": target for name, target in IDENTITY.items()},
    **{f"yiwang.catalog.v1.{name}": target for name, target in {**CATALOG, **DIRECTORY}.items()},
    **{
        f"yiwang.case.v1.{name}": target
        for name, target in {**CASE, **EXCHANGE, **BUNDLES, **PROCEDURES, **PROMISES}.items()
    },
    **{f"yiwang.rating.v1.{name}": target for name, target in RATINGS.items()},
    **{f"yiwang.intermediary.v1.{name}": target for name, target in INTERMEDIARY.items()},
    **{f"yiwang.policy.v1.{name}": target for name, target in POLICY.items()},
    **MESSAGE,
}
