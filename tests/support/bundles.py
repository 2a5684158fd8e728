"""Themes (一件事) over gRPC as a test calls them: an item per letter, a theme of them, and what becomes of an application for it."""

import uuid
from collections.abc import Iterable
from typing import Any

from services.case import store, store_bundles, store_themes, worker
from services.case.model_bundles import Bundle
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer
from tests.support.calling import As
from tests.support.case_service import Db, handed_in, hear
from tests.support.items import definition, publish
from tests.support.serving import Here
from yiwang.case.v1 import bundles_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2

LEAD = "11990121MB0000009L"
CONTINUE, IGNORE, STOP = (
    themes_pb2.FAILURE_POLICY_CONTINUE,
    themes_pb2.FAILURE_POLICY_IGNORE,
    themes_pb2.FAILURE_POLICY_STOP,
)
WHO = {"name": "张三丰", "phone": "13912345678"}
FOLLOWED = {
    "CaseRefused": "follow_refused",
    "CaseNotAccepted": "follow_ended",
    "CorrectionLapsed": "follow_lapsed",
    "CaseDecided": "follow_decided",
    "ResultPushed": "follow_pushed",
    "CaseClosed": "follow_closed",
    "CaseWithdrawn": "follow_withdrawn",
    "CaseVoided": "follow_voided",
    "CaseTransferred": "follow_transferred",
}
HEARD = {
    "BundleSubmitted": "open_children",
    "BundleChildMoved": "advance_bundle",
    "BundleWithdrawn": "withdraw_children",
}


def item(key: str, **more: Any) -> catalog.ItemDefinition:
    """The item of a branch: its own form and material beside those all of them ask for."""
    shared = [
        catalog.FormField(key="name", label="姓名", kind=catalog.FIELD_KIND_TEXT, required=True, fact="applicant.name"),
        catalog.FormField(key="phone", label="电话", kind=catalog.FIELD_KIND_PHONE, fact="applicant.phone"),
    ]
    fields: dict[str, Any] = {
        "code": f"C-{key}",
        "name": f"事项{key}",
        "department": catalog.Department(code=DEPARTMENT if key in "ace" else OTHER_DEPARTMENT, name=f"示范县{key}局"),
        "steps": [catalog.Step(name="决定", kind=catalog.STEP_KIND_DECIDE)],
        "result_name": "",
        "form_fields": [
            *shared,
            catalog.FormField(key=f"of_{key}", label=f"{key}的说明", kind=catalog.FIELD_KIND_TEXT),
        ],
        "materials": [
            catalog.Material(key="card", name="身份证", necessity=catalog.NECESSITY_REQUIRED, licence_code="ID")
        ],
    }
    return definition(**(fields | more))


def part(key: str, *after: str, **more: Any) -> themes_pb2.ThemeItem:
    """A branch of a theme."""
    return themes_pb2.ThemeItem(**({"key": key, "name": f"事项{key}", "item_code": f"C-{key}", "after": after} | more))


def publish_theme(database: Db, *items: themes_pb2.ThemeItem, id: str = "", edition: int = 1, **more: Any) -> str:
    """Puts a theme into case's own copy; returns its id."""
    id = id or str(uuid.uuid4())
    lead = catalog.Department(code=LEAD, name="示范县政务服务局")
    fields: dict[str, Any] = {"code": "T-1", "region": REGION, "name": "开办餐馆一件事", "lead": lead, "items": items}
    told = themes_pb2.ThemeDefinition(**(fields | more))
    store_themes.Themes(database).keep(id, edition, edition, told)
    return id


class OneThing:
    """The api of case with a citizen who applies, and its worker."""

    def __init__(self, api: Here, citizen: As) -> None:
        self.api, self.database, self.citizen = api, api.database, citizen
        self.mine: As = self.by(citizen.actor)
        self.items: dict[str, str] = {}

    def by(self, actor: Any) -> As:
        """BundleService as somebody calls it."""
        return self.api.by(actor, service="BundleService")

    def theme(self, *items: themes_pb2.ThemeItem, **more: Any) -> str:
        """A theme, and the items of its branches where there are none yet."""
        for one in items:
            if one.item_code and one.key not in self.items:
                self.items[one.key] = publish(self.database, item(one.key))
        return publish_theme(self.database, *items, **more)

    def submit(self, theme: str, **more: Any) -> pb.Bundle:
        """An application with what all items ask for."""
        told = {"theme_id": theme, "form": WHO, "materials": handed_in(self.citizen, "card")}
        submitted: pb.Bundle = self.mine.SubmitBundle(**(told | more))
        return submitted

    def get(self, id: str) -> pb.Bundle:
        bundle: pb.Bundle = self.mine.GetBundle(bundle_id=id)
        return bundle

    def state(self, id: str) -> Bundle:
        return store_bundles.bundles(self.database).get(id).state

    def hear(self, id: str, of: str = "bundles", only: Iterable[str] = ()) -> None:
        """What stands in a journal is heard by the handlers it is for, twice and in reverse order the second time."""
        records: Any = store_bundles.bundles(self.database) if of == "bundles" else store.cases(self.database)
        entries = [one for one in records.get(id).journal if not only or one["type"] in only]
        handlers = HEARD if of == "bundles" else FOLLOWED
        for entry in [*entries, *reversed(entries)]:
            if handler := handlers.get(entry["type"]):
                hear(self.api, handler, records.event(entry), id, entry["seq"])

    def run(self, id: str) -> pb.Bundle:
        """Everything that was written of a parent and its cases is heard, until nothing new is written."""
        before = -1
        while before != (before := self.get(id).version):
            self.hear(id)
            for one in self.get(id).branches:
                if one.case_id:
                    self.hear(one.case_id, "cases")
        return self.get(id)

    def sweep(self) -> None:
        """The worker's round."""
        worker.build(self.api.parts)
        worker.Worker.children.sweep()

    def case_of(self, id: str, key: str) -> str:
        """Id of the case of a branch."""
        return str(self.branch(id, key).case_id)

    def branch(self, id: str, key: str) -> pb.BundleBranch:
        return next(one for one in self.get(id).branches if one.key == key)

    def status(self, id: str, key: str) -> str:
        return pb.BranchStatus.Name(self.branch(id, key).status).removeprefix("BRANCH_STATUS_")

    def desk(self, id: str, key: str, role: str) -> As:
        """An officer of the department of a branch."""
        return self.api.by(officer(role, department=self.branch(id, key).department))

    def decide(self, id: str, key: str, granted: bool = True, close: bool = True) -> None:
        """A branch's case from receipt to close."""
        case = self.case_of(id, key)
        self.desk(id, key, "receive").AcceptCase(case_id=case)
        decider = self.desk(id, key, "decide")
        decider.DecideCase(case_id=case, granted=granted, reason="" if granted else "不符合条件")
        if close:
            decider.CloseCase(case_id=case)


def overall(bundle: pb.Bundle) -> str:
    """How the whole stands."""
    return pb.BundleStatus.Name(bundle.status).removeprefix("BUNDLE_STATUS_")
