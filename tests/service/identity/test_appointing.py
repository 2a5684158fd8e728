"""A new password for an officer in office, cut off half way: never is it good while he holds what two must grant."""

import grpc
import pytest

from chassis.acts import Cause
from chassis.errors import UNAVAILABLE, Refused
from services.identity import appointing, store, store_officers
from services.identity.credentials import Credentials
from services.identity.model_officers import approve
from tests.support.actors import DEPARTMENT, officer
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere
from tests.support.identity_service import act
from yiwang.identity.v1 import events_pb2 as events

OLD, NEW = "An-old-password-1", "A-new-password-2"


@pytest.fixture
def post(here: IdentityHere) -> dict[str, object]:
    """Of an officer who may decide: two granted it."""
    department = events.DepartmentSaved(
        department_id=store_officers.department_id(DEPARTMENT), uscc=DEPARTMENT, name="示范县水务局", region="990121"
    )
    store.put(
        store_officers.departments(here.parts.database),
        department.department_id,
        Cause(act(), "system:tests"),
        lambda found: None if found else department,
    )
    wanted: dict[str, object] = {"staff_number": f"zw-{act()[-6:]}", "name": "慕容审批", "department": DEPARTMENT}
    wanted |= {"region": "990121", "roles": ["decide", "receive"]}
    appointed = here.by(officer("administer"), service="OfficerService").AppointOfficer(**wanted, password=OLD)
    store_officers.officers(here.parts.database).change(
        appointed.id, Cause(act(), "system:tests"), lambda one: approve(one, officer("administer"))
    )
    return wanted


def sign_in(here: IdentityHere, post: dict[str, object], password: str) -> list[str]:
    return list(here.by(None).SignIn(login=post["staff_number"], password=password).me.officer.roles)


@pytest.mark.parametrize("cut_off", ["before the record", "before the password"])
def test_a_password_one_administrator_sets_opens_nothing_that_two_must_grant_wherever_it_is_cut_off(
    here: IdentityHere, post: dict[str, object], monkeypatch: pytest.MonkeyPatch, cut_off: str
) -> None:
    assert sign_in(here, post, OLD) == ["decide", "receive"]

    def broken(*_: object) -> None:
        raise Refused(UNAVAILABLE, "STORE_UNAVAILABLE", "服务暂时不可用，请稍后重试")

    administrator = here.by(officer("administer"), service="OfficerService")
    request = post | {"password": NEW, "request_id": act()}
    with monkeypatch.context() as patch:
        where = (appointing.store, "put") if cut_off == "before the record" else (Credentials, "put")
        patch.setattr(*where, broken)
        with refused(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"):
            administrator.AppointOfficer(**request)
    with refused(grpc.StatusCode.UNAUTHENTICATED, "SIGN_IN_REFUSED"):
        sign_in(here, post, NEW)
    for _ in range(2):
        administrator.AppointOfficer(**request)
        assert sign_in(here, post, NEW) == ["receive"]
