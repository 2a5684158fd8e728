"""Applications made through the JSON API, for journeys that begin where a case already lies on a desk."""

import base64
import uuid
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import expect

from tests.journey.conftest import Visitor
from tests.support.files import pdf

FILED = ("NECESSITY_REQUIRED", "NECESSITY_DEFERRABLE")
# Of a kind of question, something it takes.
VALUES = {
    "FIELD_KIND_NUMBER": "80",
    "FIELD_KIND_DATE": "2027-01-04",
    "FIELD_KIND_PHONE": "13800000001",
    "FIELD_KIND_ID_NUMBER": "990101199003071018",
    "FIELD_KIND_USCC": "11990121000001011B",
}


@dataclass(frozen=True)
class Client:
    """Somebody who calls the API: an application on a phone, a department's system."""

    url: str
    token: str = ""

    def call(self, method: str, /, **body: Any) -> dict[str, Any]:
        """Calls `Service/Method` of a package; AssertionError with what it said when it refuses."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = requests.post(f"{self.url}/api/yiwang.{method}", json=body, headers=headers, timeout=20)
        assert answer.ok, f"{method}: {answer.status_code} {answer.text[:400]}"
        found: dict[str, Any] = answer.json()
        return found

    def act(self, method: str, /, **body: Any) -> dict[str, Any]:
        """The same for what changes something."""
        return self.call(method, requestId=uuid.uuid4().hex, **body)


def signed_in(url: str, login: str, password: str) -> Client:
    """Signs in."""
    session = Client(url).act("identity.v1.IdentityService/SignIn", login=login, password=password)
    return Client(url, session["accessToken"])


def item_named(client: Client, name: str) -> dict[str, Any]:
    """A published item of exactly this name."""
    hits = client.call("catalog.v1.CatalogService/SearchItems", query=name)["hits"]
    id = next(hit["id"] for hit in hits if hit["name"] == name)
    return client.call("catalog.v1.CatalogService/GetItem", itemId=id)


def form_of(definition: dict[str, Any]) -> dict[str, str]:
    """An answer to every question of the form."""
    return {one["key"]: _value(one) for one in definition.get("formFields", [])}


def _value(field: dict[str, Any]) -> str:
    if field.get("options"):
        return str(field["options"][0])
    return VALUES.get(field.get("kind", ""), "示范路八号")


def apply_for(client: Client, name: str) -> dict[str, Any]:
    """Applies for an item without scenario questions, with a file for every material that has to be handed in; the case."""
    item = item_named(client, name)
    definition = item["definition"]
    materials = [one["key"] for one in definition.get("materials", []) if one["necessity"] in FILED]
    handed_in = [{"material": key, "attachments": [_upload(client, key)]} for key in materials]
    return client.act(
        "case.v1.CaseService/SubmitCase",
        itemId=item["id"],
        form=form_of(definition),
        materials=handed_in,
        channel="CHANNEL_WEB",
    )


def apply_on_the_web(visitor: Visitor, item: str) -> None:
    """Applies for an item without materials by its pages, scenario questions and all; the visitor stands before his case."""
    page = visitor.go(f"/items?q={item}")
    page.get_by_role("link", name=item, exact=True).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    visitor.answer()
    for field in page.locator("input[name^='form.'], textarea[name^='form.']").all():
        values = {"tel": "0990-0000101", "date": "2027-01-04"}
        value = "3" if field.get_attribute("inputmode") == "decimal" else "示范路八号"
        field.fill(values.get(field.get_attribute("type") or "", value))
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".case-head")).to_be_visible()


def _upload(client: Client, key: str) -> str:
    content = base64.b64encode(pdf(b"1 0 obj<</Type/Catalog>>endobj")).decode()
    stored = client.act("case.v1.CaseService/UploadAttachment", filename=f"{key}.pdf", content=content)
    return str(stored["id"])
