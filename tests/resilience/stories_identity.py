"""Short stories of the identity service, each with what came after it: who was dismissed is appointed again, who was stopped is let
in again, and has a session open in the end. An event heard late must not undo that."""

import base64
import time
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pyotp
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import OKPKey

from chassis.acts import now
from deploy.local.suite import Suite
from loadtests import world
from services.identity import worker_officers
from standards.workdays import SHANGHAI
from tests.fakes.verification_source import TICKET
from tests.resilience.town import HALL, MARKET, MEDIUM, NONE, PASSWORD, POLICE, REGION, STRONG, Somebody, Town, until
from yiwang.identity.v1 import agents_pb2, clients_pb2, counties_pb2, verifications_pb2

ITEMS = ["11990121000001011B4990131001001"]
BACK = "https://system.example/back"


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other, in the sample county."""
    town = Town(suite, key)
    for story in (halls, officers, levels, agents, suspension, organizations, sign_ons, protection, erasure):
        story(town)


def halls(town: Town) -> None:
    """A county changes its settings; officers move between windows; a window comes to another department; a device is revoked."""
    county = town.first("CountyService")
    channels = dict.fromkeys(("web", "mobile", "window", "kiosk", "agent", "bank"), True)
    for color in ("#1a5fb4", "#26664d"):
        county.SaveCounty(region=REGION, name="示范县", color=color, channels=channels)
    known = {one.number: one.id for one in county.ListWindows(region=REGION).windows}
    fields = {"number": "5", "hall": HALL, "region": REGION}
    known["5"] = county.SaveWindow(department=MARKET, **fields).id
    clerks = {number: town.sign_in(number) for number in ("sj-101", "sj-201", "ga-101", "ga-201")}
    for clerk, window in (("sj-101", "3"), ("sj-201", "3"), ("sj-101", "5"), ("sj-201", "5"), ("sj-101", "3")):
        clerks[clerk]("CountyService").SignOnWindow(window_id=known[window])
    county.SaveWindow(department=POLICE, **fields)
    clerks["ga-101"]("CountyService").SignOnWindow(window_id=known["5"])
    clerks["ga-101"]("CountyService").SignOffWindow()
    clerks["ga-201"]("CountyService").SignOnWindow(window_id=known["5"])
    for number in range(2):
        public = orjson.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)).decode()
        kind = counties_pb2.DEVICE_KIND_KIOSK
        device = county.RegisterDevice(kind=kind, label=f"自助机{number}", region=REGION, jwk_json=public)
    county.RevokeDevice(device_id=device.id)


def officers(town: Town) -> None:
    """Officers with open cases: one is transferred and comes back, his successor is dismissed and appointed again."""
    desk, item = town.first("OfficerService"), town.item()
    first, second, third = (town.officer(f"gs-{number}") for number in (1, 2, 3))
    for number in ("gs-1", "gs-1", "gs-2", "gs-3"):
        _accepted(town, item, number)
    town.officer("gs-1", "receive", "decide")
    town.second("OfficerService").ApproveAppointment(
        officer_id=first, version=desk.GetOfficer(officer_id=first).version
    )
    town.sign_in("gs-1")
    desk.TransferOfficer(officer_id=first, department=POLICE, roles=["receive"], successor_id=second)
    until(lambda: town.work(second) == 3)
    town.officer("gs-1")
    town.sign_in("gs-2")
    desk.DismissOfficer(officer_id=second, successor_id=third, reason="调离")
    until(lambda: town.work(third) == 4)
    town.officer("gs-2")
    # A session that begins within a second of a change of post may end with those of before; so may, for a minute, what an officer
    # takes up who comes back at once go to his successor, and they take up nothing.
    time.sleep(worker_officers.SETTLING.total_seconds())
    window = town.first("CountyService").SaveWindow(number="6", hall=HALL, region=REGION, department=MARKET)
    for number in ("gs-1", "gs-2"):
        town.sign_in(number)("CountyService").SignOnWindow(window_id=window.id)


def _accepted(town: Town, item: str, number: str) -> None:
    case = town.sign_in(STRONG.phone)("CaseService", "case").SubmitCase(item_id=item, form=world.FORM)
    town.sign_in(number)("CaseService", "case").AcceptCase(case_id=case.id)


def levels(town: Town) -> None:
    """A person whose level rises twice; a wrong code on the way, and a right one too late to raise anything."""
    methods = verifications_pb2
    _verify(town, methods.VERIFICATION_METHOD_PHONE, "000000")
    _verify(town, methods.VERIFICATION_METHOD_NAME_NUMBER)
    _verify(town, methods.VERIFICATION_METHOD_FACE, TICKET)


def _verify(town: Town, method: int, answer: str = "") -> None:
    person = town.sign_in(NONE.phone)("VerificationService")
    id = person.RequestVerification(method=method).id

    def status() -> int:
        found: int = person.GetVerification(verification_id=id).status
        return found

    if answer:
        until(lambda: status() == verifications_pb2.VERIFICATION_STATUS_CHALLENGED)
        person.AnswerVerification(verification_id=id, answer=answer)
    over = (verifications_pb2.VERIFICATION_STATUS_PASSED, verifications_pb2.VERIFICATION_STATUS_FAILED)
    until(lambda: status() in over)


def agents(town: Town) -> None:
    """An agent is dismissed, appointed again and moved; a point is closed; delegations given, asked for, confirmed, revoked."""
    admin = town.first("AgentService")
    points = [_point(town, number) for number in (1, 2, 3)]
    agent = _agent(town, "gs-bb-1", points[0])
    _agent(town, "gs-bb-2", points[2])
    principal = town.sign_in(STRONG.phone)("DelegationService")
    terms = {"scope": {"item_codes": ITEMS}, "until": (now() + timedelta(days=7)).isoformat()}
    given = [principal.GrantDelegation(agent_organization_id=point, **terms).id for point in (*points, points[1])]
    asked = {"name": "方小示", "id_number": STRONG.number} | terms
    requested = [town.sign_in("gs-bb-1")("DelegationService").RequestDelegation(**asked).id for _ in range(2)]
    principal.ConfirmDelegation(delegation_id=requested[0])
    principal.DeclineDelegation(delegation_id=requested[1])
    acts = (("gs-bb-1", given[0]), ("gs-bb-1", requested[0]), ("gs-bb-2", given[2]))
    for number, delegation in acts:
        town.sign_in(number)("DelegationService").ActFor(delegation_id=delegation)
    principal.RevokeDelegation(delegation_id=requested[0])
    admin.DismissAgent(agent_id=agent)
    town.ended(actor=f"agent:{agent}")
    _agent(town, "gs-bb-1", points[0])
    session = town.sign_in("gs-bb-1")("DelegationService").ActFor(delegation_id=given[0])
    _agent(town, "gs-bb-1", points[1])
    town.ended(id=session.id)
    for delegation in given[1::2]:
        town.sign_in("gs-bb-1")("DelegationService").ActFor(delegation_id=delegation)
    principal.RevokeDelegation(delegation_id=given[3])
    admin.CloseAgentOrganization(agent_organization_id=points[2])


def _point(town: Town, number: int) -> str:
    fields = {"name": "故事帮办点", "kind": agents_pb2.AGENT_KIND_HELPER, "region": REGION}
    id: str = town.first("AgentService").SaveAgentOrganization(code=f"GS-{number}", **fields).id
    return id


def _agent(town: Town, number: str, point: str) -> str:
    fields = {"name": "故事人", "agent_organization_id": point, "password": PASSWORD}
    id: str = town.first("AgentService").AppointAgent(agent_number=number, **fields).id
    return id


def suspension(town: Town) -> None:
    """A person is stopped, let in again and signs in."""
    person = town.person(11)
    session = town.sign_in(person.phone)
    town.first().SuspendPerson(person_id=person.id, reason="账号异常")
    town.ended(id=session.id)
    town.first().ResumePerson(person_id=person.id)
    town.sign_in(person.phone)


def organizations(town: Town) -> None:
    """Two persons claim one organisation in turn; a handler is authorised, revoked and authorised again."""
    uscc, first = "91990121MA00000122", town.sign_in(STRONG.phone)
    id = _claim(first, uscc)
    _claim(town.sign_in(NONE.phone), uscc)
    _claim(first, uscc)
    representative = first("OrganizationService")
    today = now().astimezone(SHANGHAI).date()
    days = {"from": today.isoformat(), "until": (today + timedelta(days=30)).isoformat()}
    handler = town.sign_in(MEDIUM.phone)
    for _ in range(2):
        who = {"organization_id": id, "name": "江小范", "id_number": MEDIUM.number}
        [*_, one] = representative.AuthorizeHandler(**who, **days).handlers
        session = handler("OrganizationService").ActForOrganization(organization_id=id)
        representative.RevokeHandler(organization_id=id, person_id=one.person_id)
        town.ended(id=session.id)
    representative.AuthorizeHandler(**who, **days)
    handler("OrganizationService").ActForOrganization(organization_id=id)


def _claim(person: Somebody, uscc: str) -> str:
    """The person is its representative, as the source says, and acts for it."""
    own = person("OrganizationService")
    id: str = own.RegisterOrganization(uscc=uscc, name="示范县故事餐饮有限公司").id
    until(lambda: own.GetOrganization(organization_id=id).mine)
    own.ActForOrganization(organization_id=id)
    return id


def sign_ons(town: Town) -> None:
    """A system signs somebody on, is refused once, loses his consent and gets it again; it is stopped and works again."""
    fields = {"kind": clients_pb2.CLIENT_KIND_SIGN_ON, "proof": clients_pb2.CLIENT_PROOF_SECRET, "department": MARKET}
    fields |= {"region": REGION, "redirect_uris": [BACK], "scopes": ["openid", "profile", "offline_access"]}
    admin = town.first("ClientService")
    systems = [admin.SaveClient(code=f"story-{number}", name="故事系统", **fields) for number in (1, 2)]
    for _ in range(2):
        for system in systems:
            _sign_on(town, system)
        town.sign_in(STRONG.phone)("SsoService").RevokeConsent(client_id=systems[0].client.id)
        admin.DisableClient(client_id=systems[1].client.id, reason="故障")
        for system in systems:
            town.ended(client_id=system.client.id)
        admin.EnableClient(client_id=systems[1].client.id)
    for system in systems:
        _sign_on(town, system)


def _sign_on(town: Town, system: Any) -> None:
    """A code for tokens, and a made-up one for nothing."""
    verifier, client = uuid.uuid4().hex * 2, system.client.id
    asked = {"response_type": "code", "client_id": client, "redirect_uri": BACK, "scope": "openid profile"}
    asked |= {"state": "s", "nonce": "n", "code_challenge_method": "S256"}
    asked["code_challenge"] = create_s256_code_challenge(verifier)
    person = town.sign_in(STRONG.phone)("SsoService")
    to = person.Authorize(parameters=_parameters(asked), approved=True).redirect_to
    [code] = parse_qs(urlsplit(to).query)["code"]
    basic = "Basic " + base64.b64encode(f"{client}:{system.secret}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}
    wrong = form | {"code": "no-code-of-ours"}
    for told, status in ((form, 200), (wrong, 400)):
        answer = town.by("", "SsoService").ExchangeToken(form=_parameters(told), authorization=basic)
        assert answer.status == status, answer.body_json


def _parameters(told: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in told.items()]


def protection(town: Town) -> None:
    """A second factor is added, taken away and added again; a password is changed."""
    person = town.person(12)
    access = town.sign_in(person.phone)
    for again in (False, True):
        factors = access("FactorService")
        secret = factors.BeginTotp().secret
        codes = factors.ConfirmTotp(code=pyotp.TOTP(secret).now()).recovery_codes
        if not again:
            factors.RemoveTotp(code=codes[0])
    access().ChangePassword(old_password=PASSWORD, new_password=PASSWORD + "-2")


def erasure(town: Town) -> None:
    """A person who let another one act for him, and was let by him, is erased; the other one goes on."""
    leaves, stays = town.person(13), town.person(14)
    terms = {"scope": {"item_codes": ITEMS}, "until": (now() + timedelta(days=7)).isoformat()}
    for person, holder in ((leaves, stays), (stays, leaves)):
        whom = {"name": "故事人", "id_number": holder.number}
        id = town.sign_in(person.phone)("DelegationService").GrantDelegation(**whom, **terms).id
        town.sign_in(holder.phone)("DelegationService").ActFor(delegation_id=id)
    town.sign_in(leaves.phone)().ErasePerson()
    town.sign_in(stays.phone)
