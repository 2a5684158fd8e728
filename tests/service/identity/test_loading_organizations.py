"""Organisations that come in by a file, with who represents them."""

from typing import Any

from services.identity import store_organizations
from tests.support.identity_service import NAME, PASSWORD, Identity, fresh_number, fresh_phone, load, sign_in
from tests.support.organizing import fresh_uscc
from yiwang.identity.v1 import organizations_pb2 as pb

COMPANY = "示范县清源水资源咨询有限公司"


def person() -> dict[str, Any]:
    return {"name": NAME, "idNumber": fresh_number(), "phone": fresh_phone(), "password": PASSWORD, "level": "STRONG"}


def organization(who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "uscc": fresh_uscc(),
        "name": COMPANY,
        "address": "示范县滨河路18号",
        "representative": who["idNumber"],
        **more,
    }


def of(identity: Identity, who: dict[str, Any]) -> list[pb.Organization]:
    """What this person sees of organisations."""
    access = sign_in(identity, who["idNumber"]).access_token
    service = identity.by(access, "OrganizationService")
    return list(service.ListMyOrganizations(pb.ListMyOrganizationsRequest()).organizations)


def test_its_representative_acts_for_it_at_once(identity: Identity) -> None:
    who = person()
    row = organization(who)
    first, second = (load(identity, {"people": [who], "organizations": [row]}) for _ in range(2))
    assert "2 rows loaded, 0 there already, 0 refused" in first.stderr, first.stderr
    assert "0 rows loaded, 2 there already, 0 refused" in second.stderr, second.stderr
    (found,) = of(identity, who)
    assert (found.uscc, found.name, found.status, found.mine) == (
        row["uscc"],
        COMPANY,
        pb.ORGANIZATION_STATUS_ACTIVE,
        True,
    )
    service = identity.by(sign_in(identity, who["idNumber"]).access_token, "OrganizationService")
    acting = service.ActForOrganization(pb.ActForOrganizationRequest(request_id="act-for-it", organization_id=found.id))
    assert acting.access_token


def test_another_representative_takes_his_place(identity: Identity) -> None:
    before, after = person(), person()
    row = organization(before)
    load(identity, {"people": [before, after], "organizations": [row]})
    changed = load(identity, {"organizations": [row | {"representative": after["idNumber"]}]})
    assert "1 rows loaded" in changed.stderr, changed.stderr
    assert [one.mine for one in of(identity, after)] == [True]
    assert of(identity, before) == []


def test_bad_rows_are_named_without_their_content_and_keep_nothing(identity: Identity) -> None:
    who = person()
    rows: list[Any] = [
        organization(who, uscc="91990121MA00000001"),
        organization(who, representative=fresh_number()),
        organization(who, representative=5),
        {"uscc": fresh_uscc(), "name": COMPANY},
        organization(who, more=1),
        "x",
    ]
    done = load(identity, {"people": [who], "organizations": rows})
    said = done.stderr.replace("\n", " ")
    assert "1 rows loaded, 0 there already, 6 refused" in said
    for place in (
        "organizations[1] uscc: USCC_CHECK_DIGIT",
        "organizations[2] PERSON_UNKNOWN",
        "organizations[3] representative: TYPE",
        "organizations[4] representative: REQUIRED",
        "organizations[5] row: FIELD_UNKNOWN",
        "organizations[6] representative: REQUIRED",
    ):
        assert place in said, said
    assert COMPANY not in said and who["idNumber"] not in said
    kept = store_organizations.organizations(identity.parts.database)
    assert kept.find({"_id": store_organizations.organization_id(rows[1]["uscc"])}) is None
    assert of(identity, who) == []
