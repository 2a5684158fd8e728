"""A world for the authority matrix: the seven services in this process, one owner with a record of every kind, and everybody of
`callers` signed in by identity itself."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from chassis import tokens
from chassis.acts import DEVICE, MACHINE, OFFICER, Actor, Cause, now
from services.case import model_blocks, model_lookups, store_blocks, store_lookups
from services.case import store as case_store
from services.case.folding import Folder
from services.case.store_board import within
from services.identity import appointing, store_organizations
from services.identity.machines import open_rpcs
from services.rating import model_loop
from standards.workdays import SHANGHAI
from tests.service.authority import targets_message
from tests.service.authority.asked import CALLED_AT, DEPARTMENT, OTHER_DEPARTMENT, PASSWORD, PROJECT, REGION, uscc
from tests.service.authority.callers import CALLERS, OWN, Caller
from tests.support import actors, agencies_here, choosing, message_world, performing, policy_world, reported
from tests.support.actors import officer
from tests.support.bundles import part, publish_theme
from tests.support.calling import As
from tests.support.catalog_service import enter_duty, item
from tests.support.directory import BODY, entry, implementation
from tests.support.identity_service import fresh_number, fresh_phone
from tests.support.items import FORM, PDF, definition, publish, simple
from tests.support.market import MarketHere
from tests.support.policy_claims import ClaimsHere
from tests.support.rating_service import RatingHere, closed
from tests.support.serving import Here, contract_of
from yiwang.case.v1 import intake_pb2 as intake_pb
from yiwang.case.v1 import procedures_pb2 as procedures_pb
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.catalog.v1 import service_pb2 as catalog_pb
from yiwang.catalog.v1 import themes_pb2 as themes_pb
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as identity_pb

OTHER_REGION = "990221"
ITEM_CODE = "ITEM1"
UNTIL = "2027-06-30T16:00:00Z"
NAME = "诸葛试真名"


class World:
    """The services, the ids of the records, and a token for everybody."""

    def __init__(
        self,
        identity: Here,
        catalog: Here,
        case: Here,
        rating: RatingHere,
        intermediary: MarketHere,
        policy: ClaimsHere,
        message: Here,
    ) -> None:
        self.services: Mapping[str, Here] = {
            "identity": identity,
            "catalog": catalog,
            "case": case,
            "rating": rating,
            "intermediary": intermediary,
            "policy": policy,
            "message": message,
        }
        self.opening = identity.servicers["IdentityService"].opening
        self.caller = ""
        self.tokens: dict[str, str] = {"nobody": ""}
        self.tablet = ""
        self._share_signing_key()
        self._departments()
        self._people()
        self._agents()
        self._officers()
        self._machines_and_devices()
        self._records_of_identity()
        self._records_of_the_rest()

    def by(self, caller: Caller, service: str) -> As:
        """A gRPC service (its full name) as this caller calls it."""
        return self.by_name(caller.name, service)

    def by_name(self, who: str, service: str) -> As:
        """The same by the caller's name. A service signs for a minute, so each time anew."""
        if who == "service":
            return self._as(service, actors.token(actors.service("message")))
        return self._as(service, self.tokens[who])

    def versions(self) -> set[tuple[str, str, str, int]]:
        """Every record of every service with its version."""
        return {
            (service, name, document["_id"], document["version"])
            for service, here in self.services.items()
            for name in here.database.list_collection_names()
            for document in here.database[name].find({"version": {"$gt": 0}}, {"version": 1})
        }

    def _as(self, service: str, token: str) -> As:
        name = service.split(".")[1]
        return As(self.services[name].channel, contract_of(name, service.rpartition(".")[2]), None, token)

    def _identity(self, service: str, who: str) -> As:
        return self._as(f"yiwang.identity.v1.{service}", self.tokens[who])

    def _share_signing_key(self) -> None:
        key = self.opening.keys.signing_key()
        jwk = {"jwk": orjson.dumps(key.as_dict(private=False)).decode()}
        for here in self.services.values():
            here.database["signing_keys_heard"].update_one({"_id": key.kid}, {"$set": jwk}, upsert=True)

    def signed_in(self, principal: str) -> identity_pb.Session:
        """A new session of a principal (`person:<id>` …), as if the password had been right."""
        session: identity_pb.Session = self.opening.start(cause(), principal, ["pwd"])
        return session

    # -- principals ----------------------------------------------------------------------------------------------------

    def _departments(self) -> None:
        registry = self.services["identity"].servicers["IdentityService"].registry
        self.appointing = appointing.Appointing(self.services["identity"].parts, registry)
        self.department_elsewhere = uscc("11990221MB0000003")
        self.other_department = OTHER_DEPARTMENT
        rows = ((DEPARTMENT, REGION), (OTHER_DEPARTMENT, REGION), (self.department_elsewhere, OTHER_REGION))
        for code, region in rows:
            request = officers_pb.SaveDepartmentRequest(uscc=code, name=f"某局{code[-3:]}", region=region)
            self.appointing.save_department(request, cause(), None)

    def _people(self) -> None:
        registry = self.services["identity"].servicers["IdentityService"].registry
        self.numbers, self.phones = dict[str, str](), dict[str, str]()
        for name, level in (("owner", 3), ("somebody else", 3), ("unverified", 1), ("bystander", 3)):
            known = {"name": NAME, "id_number": fresh_number(), "phone": fresh_phone()}
            record = registry.admit(cause(), known, level)
            self.numbers[name], self.phones[name] = known["id_number"], known["phone"]
            session = self.signed_in(f"person:{record.id}")
            self.tokens[name] = session.access_token
            if name == "owner":
                self.owner_id, self.session_of_owner = record.id, session.id
            if name == "bystander":
                self.bystander_id, self.bystander_name = record.id, NAME
                self.bystander_number, self.bystander_phone = known["id_number"], known["phone"]

    def _officers(self) -> None:
        for caller in CALLERS:
            if caller.realm == OFFICER:
                id = self._appointed(
                    caller.role, caller.department == OWN, REGION if caller.county == OWN else OTHER_REGION
                )
                self.tokens[caller.name] = self.signed_in(f"officer:{id}").access_token
        self.spare_officer = self._appointed("receive", True, REGION)
        self.successor = self._appointed("receive", True, REGION)
        self.proposed_officer = self._appointed("receive", True, REGION)
        administrator = self._identity("OfficerService", "administer of own department in own county")
        number = self.appointing.officers.get(self.proposed_officer).state.staff_number
        administrator.AppointOfficer(
            staff_number=number, name=NAME, roles=["receive", "decide"], department=DEPARTMENT, region=REGION
        )

    def _appointed(self, role: str, own: bool, region: str) -> str:
        """An officer by the operator's word. The same department may have a branch in another county."""
        elsewhere = OTHER_DEPARTMENT if region == REGION else self.department_elsewhere
        request = officers_pb.AppointOfficerRequest(
            staff_number=f"m-{uuid.uuid4().hex[:10]}",
            name=NAME,
            roles=[role],
            department=DEPARTMENT if own else elsewhere,
            region=region,
            password=PASSWORD,
        )
        return self.appointing.appoint(request, cause(), None).id

    def _agents(self) -> None:
        administrators = {
            region: self.signed_in(f"officer:{self._appointed('administer', region == REGION, region)}").access_token
            for region in (REGION, OTHER_REGION)
        }
        points = {}
        for region, administrator in administrators.items():
            agents = self._as("yiwang.identity.v1.AgentService", administrator)
            point = agents.SaveAgentOrganization(code=f"point-{region}", name="帮办点", kind=1, region=region)
            agent = agents.AppointAgent(
                agent_number=f"bb-{region}", name=NAME, agent_organization_id=point.id, password=PASSWORD
            )
            name = "agent" if region == REGION else "agent elsewhere"
            self.tokens[name] = self.signed_in(f"agent:{agent.id}").access_token
            points[region] = point.id
            if region == REGION:
                self.agent_id, self.point = agent.id, point.id
                self.spare_agent = agents.AppointAgent(
                    agent_number="bb-spare", name=NAME, agent_organization_id=point.id, password=PASSWORD
                ).id
                self.spare_point = agents.SaveAgentOrganization(
                    code="point-spare", name="备用帮办点", kind=1, region=region
                ).id
        scope = {"item_codes": [ITEM_CODE]}
        self.delegation, self.spare_delegation = (
            self._identity("DelegationService", "owner")
            .GrantDelegation(agent_organization_id=self.point, scope=scope, until=UNTIL)
            .id
            for _ in range(2)
        )
        other = self._identity("DelegationService", "somebody else").GrantDelegation(
            agent_organization_id=self.point, scope=scope, until=UNTIL
        )
        desk = self._identity("DelegationService", "agent")
        self.tokens["delegate"] = desk.ActFor(delegation_id=self.delegation).access_token
        self.tokens["delegate of somebody else"] = desk.ActFor(delegation_id=other.id).access_token

    def _machines_and_devices(self) -> None:
        key = self.opening.keys.signing_key()
        for caller in CALLERS:
            department = DEPARTMENT if caller.department == OWN else OTHER_DEPARTMENT
            region = REGION if caller.county == OWN else OTHER_REGION
            id = str(uuid.uuid4())
            if caller.realm == MACHINE:
                rpcs = open_rpcs() if caller.registered else frozenset({"yiwang.none.v1.NoService/NoMethod"})
                actor = Actor(
                    id, MACHINE, department=department, region=region, session=f"{id}.1", rpcs=rpcs, quota=10_000
                )
            elif caller.realm == DEVICE:
                actor = Actor(id, DEVICE, region=region, session=f"{id}.1")
                self.tablet = id if caller.county == OWN else self.tablet
            else:
                continue
            self.tokens[caller.name] = tokens.mint(key, actor)

    # -- records -------------------------------------------------------------------------------------------------------

    def _records_of_identity(self) -> None:
        administer = "administer of own department in own county"
        county = self._identity("CountyService", administer)
        self.window = county.SaveWindow(number="A01", hall="政务大厅", region=REGION, department=DEPARTMENT).id
        jwk = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
        self.device = county.RegisterDevice(kind=1, label="大厅自助机", region=REGION, jwk_json=jwk).id
        client = self._identity("ClientService", administer).SaveClient(
            code="sign-on-1",
            name="部门系统",
            kind=1,
            proof=4,
            department=DEPARTMENT,
            region=REGION,
            redirect_uris=["https://one.example/back"],
            scopes=["openid"],
        )
        self.client = client.client.id
        self.email_of_owner = "owner.of.the.matrix@example.cn"
        self._identity("ContactService", "owner").SaveContact(email=self.email_of_owner)
        organizations = self._identity("OrganizationService", "owner")
        self.organization = organizations.RegisterOrganization(uscc=uscc("91990121MA0XA8M03"), name="示范公司").id
        # As the source would say: the owner is the representative.
        store_organizations.organizations(self.services["identity"].database).change(
            self.organization,
            cause(),
            lambda one: events.OrganizationConfirmed(organization_id=one.id, representative_id=self.owner_id),
        )
        acting = organizations.ActForOrganization(organization_id=self.organization)
        self.tokens["handler of an organisation"] = acting.access_token
        self.verification = self._identity("VerificationService", "owner").RequestVerification(method=3).id
        self.requested = (
            self._identity("DelegationService", "agent")
            .RequestDelegation(name=NAME, id_number=self.numbers["owner"], scope={"item_codes": ["X"]}, until=UNTIL)
            .id
        )
        finder = self._identity("PrivacyService", "receive of own department in own county")
        finder.FindPerson(id_number=self.numbers["owner"], purpose="核对申请人身份")
        (entry,) = [
            one for one in self._identity("PrivacyService", "owner").ListAccesses().accesses if "核对" in one.purpose
        ]
        self.access_of_owner = entry.by

    def _records_of_the_market(self, market: Here) -> None:
        self.agency = agencies_here.plant(market.parts)
        self.deal = performing.plant(market.parts, DEPARTMENT, self.organization)
        self.choice = choosing.plant(market.parts, DEPARTMENT)
        self.evaluator = choosing.plant_evaluator(market.parts)

    def _records_of_the_rest(self) -> None:
        case = self.services["case"]
        department = catalog_pb.Department(code=DEPARTMENT, name="某局")
        self.item_to_apply_for = publish(case.database, simple(code=ITEM_CODE, department=department))
        owner, delegate = (self._as("yiwang.case.v1.CaseService", self.tokens[who]) for who in ("owner", "delegate"))
        self._bundles()
        materials = publish(case.database, definition(code=ITEM_CODE, department=department))
        self.file = delegate.UploadAttachment(filename="申请书.pdf", content=PDF).id
        handed_in = [case_pb.HandedIn(material="application", attachments=[self.file])]
        submitted = delegate.SubmitCase(item_id=materials, materials=handed_in, form=FORM)
        self.case, self.case_number = submitted.id, submitted.number
        supervisor = self.tokens["supervise of other department in own county"]
        self._as("yiwang.case.v1.CaseService", supervisor).GetCase(case_id=self.case)
        urging = self._as("yiwang.case.v1.SupervisionService", supervisor)
        self.finding = urging.UrgeCase(case_id=self.case, text="请说明办理情况").id
        self.today = str(datetime.now(SHANGHAI).date())
        arrivals = case_store.arrivals(case.database)
        buckets = [f"{DEPARTMENT}/{self.today}", within(REGION, self.today, DEPARTMENT)]
        arrivals.contribute(self.case, buckets, "arrived", 1)
        arrivals.recount()
        self.case_access = owner.ListCaseAccesses().accesses[0].id
        self.spare_case = owner.SubmitCase(item_id=self.item_to_apply_for).id
        self._records_of_procedures(owner)
        self._records_of_promises()
        self.reported_number = "WORLD-1"
        reported.report(case.channel, reported.system(), [reported.applied(self.reported_number)])
        Folder(case.database).turn(20)
        self._records_of_the_market(self.services["intermediary"])
        self._records_of_policy(self.services["policy"])
        self._records_of_message(self.services["message"])
        rating = self.services["rating"]
        assert isinstance(rating, RatingHere)
        self.rating = rating.close(closed(self.owner_id))
        self._negative_rating(rating)
        self._window_of_rating(rating)
        self._file_of_rating(rating)
        self._tickets_of_rating()
        self._records_of_catalog()

    def _records_of_policy(self, policy: Here) -> None:
        """A policy with its items, an enterprise with its claims, lists, money, and what the portal has."""
        assert isinstance(policy, ClaimsHere)
        handler = self.tokens["handler of an organisation"]
        self.policy = policy_world.plant(
            policy,
            lambda service: self._as(f"yiwang.policy.v1.{service}", handler),
            uscc("91990121MA0XA8M03"),
            DEPARTMENT,
            OTHER_DEPARTMENT,
        )

    def _records_of_message(self, message: Here) -> None:
        """Notices of the owner's case in the own department, and a template an administrator of another department words anew."""
        self.message = message_world.plant(message, self.owner_id, DEPARTMENT, REGION)
        writer = self.tokens["administer of other department in own county"]
        templates = self._as("yiwang.message.v1.TemplateService", writer)
        templates.SaveTemplate(region=REGION, code=targets_message.CODE, text=targets_message.TEXT)

    def _negative_rating(self, rating: RatingHere) -> None:
        """What the owner rated badly, and the own department is to verify."""
        self.negative = rating.close(closed(self.owner_id, region=REGION, department=DEPARTMENT))
        self._as("yiwang.rating.v1.RatingService", self.tokens["owner"]).GiveRating(rating_id=self.negative, grade=1)
        rating.ratings.change(
            self.negative, cause(), lambda one: model_loop.assign(one, officer("supervise"), "", "", None, now())
        )

    def _window_of_rating(self, rating: RatingHere) -> None:
        """What rating hears of the own department's window and its tablet."""
        window = {
            "window_id": self.window,
            "number": "A01",
            "hall": "政务大厅",
            "region": REGION,
            "department": DEPARTMENT,
        }
        rating.hear("keep_window", events.WindowSaved(**window), self.window, 1)
        device = events.DeviceRegistered(device_id=self.tablet, window_id=self.window, region=REGION)
        rating.hear("keep_device", device, self.tablet, 1)

    def _file_of_rating(self, rating: RatingHere) -> None:
        """A question of the owner's to the own department, with a file."""
        department = events.DepartmentSaved(uscc=DEPARTMENT, name="某局", region=REGION)
        rating.hear("keep_department", department, DEPARTMENT, 1)
        own, tickets = (
            self._as(f"yiwang.rating.v1.{service}", self.tokens["owner"])
            for service in ("RatingService", "TicketService")
        )
        self.file_of_ticket = own.UploadRatingFile(filename="照片.pdf", content=PDF).file_id
        self.ticket_with_file = tickets.OpenTicket(
            kind=1, title="咨询材料", text="需要什么材料", region=REGION, department=DEPARTMENT,
            file_ids=[self.file_of_ticket],
        ).id  # fmt: skip

    def _tickets_of_rating(self) -> None:
        """A question of the owner's to the own department, and a ticket of the own county's hotline."""
        tickets, platform = (
            self._as("yiwang.rating.v1.TicketService", self.tokens[who])
            for who in ("owner", "machine of own department")
        )
        said = {"title": "咨询材料", "text": "需要什么材料", "region": REGION}
        self.ticket = tickets.OpenTicket(kind=1, department=DEPARTMENT, **said).id
        self.hotline_number = "HL-WORLD-1"
        platform.ReceiveHotlineTicket(hotline_number=self.hotline_number, called_at=CALLED_AT, **said)

    def _records_of_promises(self) -> None:
        """A licence that was looked up about the owner, and a promise he broke."""
        database, instant = self.services["case"].database, now()
        case, material = case_store.cases(database).get(self.case).state, catalog_pb.Material(key="business")
        asked = (self.owner_id, self.item_to_apply_for, simple(code=ITEM_CODE), material)
        looked_up = store_lookups.lookups(database).create(
            cause(), lambda id: model_lookups.looked_up(id, *asked, model_lookups.NONE, "", instant)
        )
        broken = store_blocks.blocks(database).create(
            cause(), lambda id: model_blocks.begin(id, case, 1, instant), store_blocks.id_of(case.id)
        )
        self.look_up, self.promise_block = looked_up.id, broken.id

    def _bundles(self) -> None:
        """One thing at once of one item, led by the own department: one by the delegate, one by the owner himself."""
        case = self.services["case"]
        wish = catalog_pb.Material(key="wish", name="联办申请表", necessity=catalog_pb.NECESSITY_REQUIRED)
        lead = catalog_pb.Department(code=DEPARTMENT, name="某局")
        one = part("one", item_code=ITEM_CODE)
        self.theme_to_apply_for = publish_theme(case.database, one, region=REGION, lead=lead, materials=[wish])
        made = []
        for who in ("delegate", "owner"):
            cases, bundles = (
                self._as(f"yiwang.case.v1.{name}Service", self.tokens[who]) for name in ("Case", "Bundle")
            )
            file = cases.UploadAttachment(filename="a.pdf", content=PDF).id
            materials = [case_pb.HandedIn(material="wish", attachments=[file])]
            told = {"theme_id": self.theme_to_apply_for, "materials": materials, "project_code": PROJECT}
            made.append((bundles.SubmitBundle(**told).id, file))
        (self.bundle, self.bundle_file), (self.spare_bundle, _) = made

    def _records_of_procedures(self, owner: As) -> None:
        """A case of another department, which asked the own one for its opinion; and a slot for inspections."""
        other = catalog_pb.Department(code=OTHER_DEPARTMENT, name="某局")
        elsewhere = publish(
            self.services["case"].database, simple(code="ASKED1", department=other, reach=catalog_pb.REACH_NATION)
        )
        self.item_anywhere = elsewhere
        self.asked_case = owner.SubmitCase(item_id=elsewhere).id
        window = self._as("yiwang.case.v1.IntakeService", self.tokens["receive of own department in own county"])
        at_window = {"applicant_id": self.owner_id, "item_id": elsewhere, "window_id": "A01"}
        self.received_case = window.ReceiveApplication(**at_window).id
        saving = self._as("yiwang.case.v1.DraftService", self.tokens["delegate"])
        drafts = [saving.SaveDraft(item_id=self.item_to_apply_for, content=intake_pb.DraftContent()) for _ in range(3)]
        self.draft = drafts[0].id
        self.spare_drafts = {"owner": drafts[1].id, "delegate": drafts[2].id}
        receiver, reviewer = (
            self.tokens[f"{role} of other department in own county"] for role in ("receive", "review")
        )
        self._as("yiwang.case.v1.CaseService", receiver).AcceptCase(case_id=self.asked_case)
        self._as("yiwang.case.v1.ProcedureService", reviewer).RequestOpinion(
            case_id=self.asked_case, department=DEPARTMENT, department_name="某局", question="是否同意"
        )
        start = now() + timedelta(days=1)
        ends = (start + timedelta(hours=1)).isoformat()
        self.slot_times = procedures_pb.SlotTimes(start=start.isoformat(), end=ends, capacity=1)
        inspector = self._as("yiwang.case.v1.VisitService", self.tokens["review of own department in own county"])
        self.slot = inspector.OpenSlots(slots=[self.slot_times]).slots[0].id

    def _records_of_catalog(self) -> None:
        """Written by an officer who is none of the callers, since nobody reviews what he wrote."""
        writer, reviewer = (
            self.signed_in(f"officer:{self._appointed('catalog', True, REGION)}").access_token for _ in range(2)
        )
        items, directory, themes = (
            self._as(f"yiwang.catalog.v1.{name}Service", writer) for name in ("Item", "Directory", "Theme")
        )
        enter_duty(self.services["catalog"].database, *item().duty_codes)
        department = catalog_pb.Department(code=DEPARTMENT, name="某局")
        self.definition = item(code=ITEM_CODE, department=department)
        self.item = items.SaveItem(definition=self.definition).id
        review = self._as("yiwang.catalog.v1.ItemService", reviewer)
        published = []
        for number in range(3):
            saved = items.SaveItem(definition=item(code=f"SPARE{number}", department=department))
            review.ReviewItem(item_id=saved.id, version=saved.version)
            published.append(items.PublishItem(item_id=saved.id).id)
        self.spare_item, self.merged_item, self.ended_item = published
        lines = [entry(region=REGION), entry(region=REGION, code="000112350000")]
        self.entry_definition = lines[0]
        self.entry, self.spare_entry = (directory.SaveEntry(definition=one).id for one in lines)
        powers = [implementation(), implementation(code=f"{BODY}4{lines[1].code}", base_code=lines[1].code)]
        self.implementation_definition = powers[0]
        self.implementation, self.spare_implementation = (
            directory.SaveImplementation(definition=one).id for one in powers
        )
        part = themes_pb.ThemeItem(key="one", name="设立登记", item_code=ITEM_CODE)
        wanted = [
            themes_pb.ThemeDefinition(code=code, region=REGION, name="开办企业", items=[part]) for code in ("a", "b")
        ]
        self.theme_definition = wanted[0]
        self.theme, self.spare_theme = (themes.SaveTheme(definition=one).id for one in wanted)


def cause() -> Cause:
    """An act of nobody, another one each time."""
    return Cause(key=f"matrix/{uuid.uuid4()}", by="system:identity", request="matrix")
