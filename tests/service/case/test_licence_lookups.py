"""免证办: a licence that is looked up stands for a material once, and a source that is away lets nobody pass."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from chassis.acts import Actor, Cause, holder, now
from services.case import model_lookups, model_timers, store, store_lookups
from tests.fakes.licence_source import LicenceSource, licence
from tests.fakes.program import running
from tests.support.actors import OTHER_DEPARTMENT, delegate, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, handed_in, journal, status
from tests.support.items import publish, simple
from tests.support.serving import Here, case_here
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

NUMBER, OTHERS_NUMBER, COMPANY = "990101199003071018", "990102198511122020", "91990121MA0XA8M04G"
PURPOSE = "办理公共场所卫生许可，免提交营业执照"
BUSINESS = catalog.Material(
    key="business",
    name="营业执照",
    necessity=catalog.NECESSITY_REQUIRED,
    waiver=catalog.WAIVER_LICENCE,
    licence_code="BIZ-1",
    licence_name="营业执照",
)
SHARED = catalog.Material(
    key="shared", name="户籍信息", necessity=catalog.NECESSITY_OPTIONAL, waiver=catalog.WAIVER_DATA, licence_code="HJ-1"
)
PAPER = catalog.Material(key="paper", name="平面图", necessity=catalog.NECESSITY_OPTIONAL)
UNCODED = catalog.Material(
    key="uncoded", name="信用信息", necessity=catalog.NECESSITY_OPTIONAL, waiver=catalog.WAIVER_DATA
)


def known(actor: Actor, number: str = NUMBER) -> Actor:
    """A person whose token carries the digest of his own number."""
    return replace(actor, holder=holder(actor.id, number))


class Town(NamedTuple):
    """The api with a licence source outside, an item that asks for a licence, and who applies."""

    api: Here
    source: LicenceSource
    item: str
    actor: Actor

    def at(self, actor: Actor | None = None) -> As:
        return self.api.by(actor or self.actor, service="PromiseService")

    def look_up(self, actor: Actor | None = None, **other: Any) -> promises.LicenceLookUp:
        fields = {"item_id": self.item, "material": "business", "holder_number": NUMBER, "purpose": PURPOSE}
        return self.at(actor).LookUpLicence(**fields | other)  # type: ignore[no-any-return]

    def submit(self, *proofs: str, actor: Actor | None = None, item: str = "", **more: Any) -> pb.Case:
        stand_ins = [stand_in(proof) for proof in proofs]
        return self.api.by(actor or self.actor).SubmitCase(item_id=item or self.item, stand_ins=stand_ins, **more)  # type: ignore[no-any-return]

    def away(self) -> promises.LicenceLookUp:
        self.source.away = True
        found = self.look_up()
        self.source.away = False
        return found


def stand_in(proof: str, material: str = "business", waiver: int = catalog.WAIVER_LICENCE) -> pb.StandIn:
    return pb.StandIn(material=material, waiver=waiver, proof_id=proof)  # type: ignore[arg-type]


@pytest.fixture
def town(database: Db) -> Iterator[Town]:
    with ExitStack() as outside:
        source = outside.enter_context(running(LicenceSource()))
        api = outside.enter_context(case_here(database, licence_source_url=source.url))
        item = publish(database, simple(materials=[BUSINESS, SHARED, PAPER, UNCODED], steps=[]))
        yield Town(api, source, item, known(person(level=3)))


def outcome(found: promises.LicenceLookUp) -> str:
    return promises.LookUpOutcome.Name(found.outcome).removeprefix("LOOK_UP_OUTCOME_")


def test_a_licence_that_is_found_stands_for_the_material_and_its_holder_reads_who_asked_and_why(town: Town) -> None:
    found = town.look_up()
    assert (outcome(found), found.licence.name, found.licence.issuer) == ("FOUND", "营业执照", "示范县市场监督管理局")
    assert found.licence.number == "9199**********0001" and found.holder_number.startswith("990101****")
    case = town.submit(found.id)
    assert [(one.material, one.manual) for one in case.stood_for] == [("business", False)]
    (reading,) = town.api.by(town.actor, service="TraceService").GetTrace(case_id=case.id).readings
    assert (reading.by, reading.purpose) == ("本人", PURPOSE) and "营业执照" in reading.what
    (listed,) = town.at().ListLicenceLookUps().look_ups
    assert (listed.id, listed.case_id, listed.purpose) == (found.id, case.id, PURPOSE)
    receiver = town.api.by(officer("receive"))
    assert status(receiver.AcceptCase(case_id=case.id)) == "REVIEWED"
    assert town.api.by(officer("receive"), service="TraceService").GetTrace(case_id=case.id).readings == []
    assert drifted(town.api) == {}


def test_nothing_of_a_look_up_is_kept_in_the_clear(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    town.submit(town.look_up().id)
    town.away()
    database = town.api.database
    kept = "".join(str(row) for name in database.list_collection_names() for row in database[name].find({}))
    said = kept + "".join(capfd.readouterr())
    for told in (NUMBER, PURPOSE, "91990121MA00000001", "示范县某店"):
        assert told not in said
    assert town.source.of("LICENCE")[0]["purpose"] == PURPOSE


def test_nobody_else_reads_what_was_looked_up(town: Town) -> None:
    found = town.look_up()
    assert list(town.at(known(person(level=3))).ListLicenceLookUps().look_ups) == []
    with refused(DENIED):
        town.at(delegate(town.actor)).ListLicenceLookUps()
    with refused(DENIED):
        town.at(officer("receive")).ListLicenceLookUps()
    assert [one.id for one in town.at().ListLicenceLookUps().look_ups] == [found.id]


def test_while_the_source_is_away_a_person_looks_before_anything_is_accepted(town: Town) -> None:
    found = town.away()
    assert outcome(found) == "AWAY" and not found.licence.name
    case, receiver = town.submit(found.id), officer("receive")
    assert case.stood_for[0].manual and not case.stood_for[0].settled
    desk, promises_desk = town.api.by(receiver), town.at(receiver)
    assert {"CheckLicence"} <= set(desk.GetCase(case_id=case.id).moves)
    assert "AcceptCase" not in desk.GetCase(case_id=case.id).moves
    with refused(PRECONDITION, "LICENCE_UNCHECKED"):
        desk.AcceptCase(case_id=case.id)
    with refused(INVALID) as refusal:
        promises_desk.CheckLicence(case_id=case.id, material="shared", holds=True, note="已核")
    assert refusal.fields == {"material": "LICENCE_NOT_OPEN"}
    checked = promises_desk.CheckLicence(case_id=case.id, material="business", holds=True, note="电话核实：张三丰有照")
    assert checked.stood_for[0].settled
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        promises_desk.CheckLicence(case_id=case.id, material="business", holds=False, note="再核")
    assert status(desk.AcceptCase(case_id=case.id)) == "REVIEWED"
    assert "张三丰" not in str(journal(town.api.database, case.id))


def test_what_does_not_hold_when_an_officer_looks_is_missing_and_handed_in_by_correction(town: Town) -> None:
    case, receiver = town.submit(town.away().id), officer("receive")
    desk = town.api.by(receiver)
    town.at(receiver).CheckLicence(case_id=case.id, material="business", holds=False, note="查无此照")
    with refused(PRECONDITION, "STAND_IN_MISSING"):
        desk.AcceptCase(case_id=case.id)
    desk.RequestCorrection(case_id=case.id, materials=["business"], notice="请上传营业执照")
    citizen = town.api.by(town.actor)
    citizen.CorrectCase(case_id=case.id, materials=handed_in(citizen, "business"))
    assert status(desk.AcceptCase(case_id=case.id)) == "REVIEWED"
    assert drifted(town.api) == {}


def test_silence_does_not_let_an_unchecked_licence_pass(town: Town) -> None:
    """Deemed accepted it is, by law; granted it is not before somebody looked, and what does not hold is brought later."""
    case, cases = town.submit(town.away().id), store.cases(town.api.database)
    later = now() + timedelta(days=30)
    town.api.database["cases"].update_one({"_id": case.id}, {"$set": {"state.due": now() - timedelta(seconds=1)}})
    cases.change(case.id, Cause("timer", "system:case"), lambda one: model_timers.fire(one, later))
    decider, reviewer = town.api.by(officer("decide")), town.at(officer("review"))
    assert status(decider.GetCase(case_id=case.id)) == "REVIEWED"
    with refused(PRECONDITION, "LICENCE_UNCHECKED"):
        decider.DecideCase(case_id=case.id, granted=True)
    reviewer.CheckLicence(case_id=case.id, material="business", holds=False, note="查无此照")
    with refused(PRECONDITION, "STAND_IN_MISSING"):
        decider.DecideCase(case_id=case.id, granted=True)
    citizen = town.api.by(town.actor)
    town.at().SupplyDeferred(case_id=case.id, materials=handed_in(citizen, "business"))
    assert status(decider.DecideCase(case_id=case.id, granted=True)) == "GRANTED"


@pytest.mark.parametrize(
    ("licences", "said", "unfit"),
    [
        ([], "NONE", ""),
        ([licence(signed=False)], "VOID", "NOT_SIGNED"),
        ([licence(state="07")], "VOID", "NOT_IN_FORCE"),
        ([licence(expires_on="2020-01-01")], "VOID", "EXPIRED"),
    ],
)
def test_no_licence_or_one_not_in_force_stands_for_nothing(
    town: Town, licences: list[Any], said: str, unfit: str
) -> None:
    town.source.give(NUMBER, "BIZ-1", *licences)
    found = town.look_up()
    assert (outcome(found), found.unfit) == (said, unfit)
    with refused(INVALID) as refusal:
        town.submit(found.id)
    assert refusal.fields == {"stand_ins[business]": "PROOF_VOID"}
    assert town.api.database["cases"].find_one({}) is None


def test_a_source_that_talks_nonsense_is_as_good_as_away(town: Town) -> None:
    town.source.script("LICENCE", {"result": "found", "licences": [{"state": "不知道"}]})
    assert outcome(town.look_up()) == "AWAY"


def test_a_proof_is_good_for_its_own_person_item_and_material_once_and_for_a_day(town: Town, database: Db) -> None:
    mine, other = town.look_up(), known(person(level=3), OTHERS_NUMBER)
    others = town.look_up(other, holder_number=OTHERS_NUMBER)
    elsewhere = publish(database, simple(code="TEST-2", materials=[BUSINESS], steps=[]))
    changed = publish(database, simple(code="TEST-3", materials=[BUSINESS], steps=[]))
    of_changed = town.look_up(item_id=changed)
    newer = catalog.Material()
    newer.MergeFrom(BUSINESS)
    newer.licence_code = "BIZ-2"
    publish(database, simple(code="TEST-3", materials=[newer], steps=[]), changed, 2)
    town.api.poll()
    for proof, item in (
        (others.id, town.item),
        (mine.id, elsewhere),
        (of_changed.id, changed),
        (str(uuid.uuid4()), town.item),
        ("", town.item),
    ):
        with refused(INVALID) as refusal:
            town.submit(proof, item=item)
        assert refusal.fields == {"stand_ins[business]": "PROOF_VOID"}
    case = town.submit(mine.id, request_id="first-request")
    assert town.submit(mine.id, request_id="first-request").id == case.id
    with refused(INVALID) as refusal:
        town.submit(mine.id)
    assert refusal.fields == {"stand_ins[business]": "PROOF_VOID"}
    old = town.look_up()
    database[store_lookups.COLLECTION].update_one(
        {"_id": old.id}, {"$set": {"state.expires_at": now() - timedelta(seconds=1)}}
    )
    with refused(INVALID, "PROOF_VOID"):
        town.submit(old.id)


def test_a_proof_whose_application_never_came_is_free_again_after_a_minute(town: Town) -> None:
    found, uses = town.look_up(), store_lookups.Uses(town.api.database)
    instant = now()
    assert uses.claim(found.id, "never-written", instant - timedelta(seconds=30), lambda _: False)
    with refused(INVALID, "PROOF_VOID"):
        town.submit(found.id)
    assert not uses.claim(found.id, "mine", instant + timedelta(hours=1), lambda _: True), "its application is there"
    assert uses.claim(found.id, "mine", instant + timedelta(hours=1), lambda _: False)
    assert uses.case_of(found.id) == "mine"


def test_ways_the_item_does_not_offer_for_a_material_are_refused_by_name(town: Town) -> None:
    proof = town.look_up().id
    wrong = [
        stand_in(proof, "business", catalog.WAIVER_DATA),
        stand_in(proof, "paper"),
        stand_in(proof, "uncoded", catalog.WAIVER_DATA),
        stand_in(proof, "nothing"),
    ]
    for one, reason in zip(wrong, ["WAIVER_NOT_OFFERED"] * 3 + ["MATERIAL_NOT_LISTED"], strict=True):
        with refused(INVALID) as refusal:
            town.api.by(town.actor).SubmitCase(item_id=town.item, stand_ins=[one])
        assert refusal.fields == {f"stand_ins[{one.material}]": reason}
    with refused(INVALID) as refusal:
        town.submit(proof, proof)
    assert refusal.fields == {"stand_ins[business]": "STAND_IN_TWICE"}
    shared = town.look_up(material="shared")
    both = [stand_in(proof), stand_in(shared.id, "shared", catalog.WAIVER_DATA)]
    case = town.api.by(town.actor).SubmitCase(item_id=town.item, stand_ins=both)
    assert [one.material for one in case.stood_for] == ["business", "shared"]


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ({"holder_number": OTHERS_NUMBER}, "holder_number", "HOLDER_NOT_YOURS"),
        ({"holder_number": "990101199003071019"}, "holder_number", "MALFORMED"),
        ({"purpose": "  查 "}, "purpose", "PURPOSE_TOO_SHORT"),
        ({"material": "paper"}, "material", "WAIVER_NOT_OFFERED"),
        ({"material": "uncoded"}, "material", "WAIVER_NOT_OFFERED"),
        ({"material": "nothing"}, "material", "MATERIAL_NOT_LISTED"),
        ({"item_id": str(uuid.uuid4())}, "item_id", "ITEM_UNKNOWN"),
        ({"applicant_id": str(uuid.uuid4())}, "applicant_id", "NOT_YOURS_TO_NAME"),
    ],
)
def test_a_look_up_that_may_not_be_asks_nobody_and_writes_nothing(
    town: Town, asked: dict[str, Any], field: str, reason: str
) -> None:
    with refused(INVALID) as refusal:
        town.look_up(**asked)
    assert refusal.fields == {field: reason}
    assert town.source.of("LICENCE") == [] and town.api.database[store_lookups.COLLECTION].find_one({}) is None


def test_who_is_not_verified_or_whose_token_tells_no_number_looks_up_nothing(town: Town) -> None:
    with refused(PRECONDITION, "LEVEL_TOO_LOW"):
        town.look_up(known(person(level=2)))
    with refused(INVALID, "HOLDER_NOT_YOURS"):
        town.look_up(person(level=3))
    with refused(DENIED, "ITEM_NOT_DELEGATED"):
        town.look_up(delegate(town.actor, items=["ANOTHER"]))
    assert town.source.of("LICENCE") == []


def test_without_a_source_the_material_is_handed_in(case_api: Here, database: Db) -> None:
    item = publish(database, simple(materials=[BUSINESS]))
    asked = {"item_id": item, "material": "business", "holder_number": NUMBER, "purpose": PURPOSE}
    with refused(PRECONDITION, "LICENCE_SOURCE_MISSING"):
        case_api.by(known(person(level=3)), service="PromiseService").LookUpLicence(**asked)


def test_the_same_request_is_the_same_look_up_and_asks_once(town: Town) -> None:
    first, again = (town.look_up(request_id="look-up-0001") for _ in range(2))
    assert first.id == again.id and len(town.source.of("LICENCE")) == 1
    with refused(INVALID, "REQUEST_ID_REUSED"):
        town.look_up(request_id="look-up-0001", purpose="另一个事由")


def test_an_officer_looks_up_for_who_stands_at_his_window_and_that_person_reads_it(town: Town) -> None:
    clerk = officer("receive")
    with refused(INVALID) as refusal:
        town.look_up(clerk)
    assert refusal.fields == {"applicant_id": "REQUIRED"}
    found = town.look_up(clerk, applicant_id=town.actor.id)
    (listed,) = town.at().ListLicenceLookUps().look_ups
    assert (listed.id, listed.by, listed.purpose) == (found.id, "窗口人员", PURPOSE)
    with refused(DENIED):
        town.look_up(officer("review"), applicant_id=town.actor.id)
    record = store_lookups.lookups(town.api.database).get(found.id)
    assert record.state.by == clerk.by and model_lookups.sees(town.actor, record.state)
    assert not model_lookups.sees(clerk, record.state)


def test_an_organisation_looks_up_by_its_own_code(town: Town) -> None:
    company = known(person(level=4), COMPANY)
    town.look_up(company, holder_number=COMPANY)
    assert town.source.of("LICENCE")[0]["holder_type"] == "001"


def test_another_departments_officers_check_nothing(town: Town) -> None:
    case = town.submit(town.away().id)
    with refused(NOT_FOUND):
        town.at(officer("receive", department=OTHER_DEPARTMENT)).CheckLicence(
            case_id=case.id, material="business", holds=True, note="已核"
        )
