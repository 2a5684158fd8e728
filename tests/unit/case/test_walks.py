"""Any way a case can go: whatever acts are tried in whatever order, the journal tells the whole truth."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Records, _converter, broken_at
from services.case import model, model_acts, model_application, model_scenario
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from tests.support.actors import officer
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

RECORDS: Records[Case] = Records(None, Case, EVOLVE, events)  # type: ignore[arg-type]
OFFICERS = [officer(id=name) for name in ("ann", "bob", "cai")]
NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
YEAR = timedelta(days=3660)
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

materials = st.lists(st.sampled_from(["application", "plan", "report", "passport"]), max_size=3, unique=True)
acts = st.one_of(
    st.tuples(st.just("RequestCorrection"), st.integers(0, 2), materials),
    st.tuples(st.just("CorrectCase"), st.integers(0, 2), materials),
    st.tuples(
        st.sampled_from(
            [
                "AcceptCase",
                "RefuseCase",
                "PassReviewStep",
                "PassReviewStep",
                "DecideCase",
                "DecideCase",
                "IssueResult",
                "CloseCase",
                "WithdrawCase",
                "hand over",
            ]
        ),
        st.integers(0, 2),
        st.booleans(),
    ),
)
items = st.builds(
    lambda steps, result: definition(
        steps=[catalog.Step(name=f"环节{n}", kind=catalog.STEP_KIND_REVIEW) for n in range(steps)], result_name=result
    ),
    st.integers(0, 3),
    st.sampled_from(["", "卫生许可证"]),
)


def attempt(case: Case, item: catalog.ItemDefinition, name: str, who: int, detail: Any) -> Any:
    """The event of an act, Refused when the case does not allow it."""
    one = OFFICERS[who]
    if name == "RequestCorrection":
        return model_acts.request_correction(case, item, detail, "notice", NOW)
    if name == "CorrectCase":
        files = [events.HandedInFile(attachment_id=uuid.uuid4().hex, material=key, size=7) for key in detail]
        return model_acts.correct(case, item, files, "sealed again", NOW)
    return {
        "AcceptCase": lambda: model_acts.accept(case, one, NOW),
        "RefuseCase": lambda: model_acts.refuse(case, one, "reason"),
        "PassReviewStep": lambda: model_acts.pass_step(case, one, "opinion"),
        "DecideCase": lambda: model_acts.decide(case, one, detail, "理由", "reason", NOW),
        "IssueResult": lambda: model_acts.issue(case, one, "N1"),
        "CloseCase": lambda: model_acts.close(case),
        "WithdrawCase": lambda: model_acts.withdraw(case, "reason", NOW, "sealed name"),
        "hand over": lambda: model_acts.hand_over(case, one.id, OFFICERS[who - 1].id if detail else "", NOW + YEAR),
    }[name]()


def walk(item: catalog.ItemDefinition, steps: list[Any]) -> tuple[Case, list[dict[str, Any]]]:
    """The case and its journal after these acts; refused ones leave nothing."""
    submitted = events.CaseSubmitted(case_id="c", number="n", applicant_id="p", item_id="i", edition=1, sealed_form="f")
    event = model_application.submit(submitted, item, model_scenario.of(item, {}, "item", 1).guide, NOW)
    case, journal = RECORDS._apply(None, [event], Cause("person:p/SubmitCase/0", "person:p"), 0, "")
    for number, (name, who, detail) in enumerate(steps, 1):
        try:
            event = attempt(case, item, name, who, detail)
        except Refused:
            continue
        if event is None:
            continue
        by = f"officer:{OFFICERS[who].id}"
        cause = Cause(f"{by}/{name}/{number}", by, "digest", "")
        case, entries = RECORDS._apply(case, [event], cause, len(journal), journal[-1]["digest"])
        journal += entries
    return case, journal


def received(journal: list[dict[str, Any]]) -> set[str]:
    """Who took part in receiving the case, by the journal alone."""
    receiving = ("CorrectionRequested", "CaseAccepted", "CaseRefused")
    return {entry["by"].removeprefix("officer:") for entry in journal if entry["type"] in receiving}


ways = st.builds(walk, items, st.lists(acts, max_size=20))


@settings(max_examples=80)
@given(ways)
def test_the_journal_of_any_way_replays_to_the_state_the_acts_gave(way: tuple[Case, list[dict[str, Any]]]) -> None:
    case, journal = way
    assert RECORDS.replay(journal) == case


@settings(max_examples=40)
@given(ways)
def test_a_journal_that_went_through_the_store_replays_without_drift_and_its_digests_hold(
    way: tuple[Case, list[dict[str, Any]]],
) -> None:
    case, journal = way
    document = bson.decode(bson.encode({"state": _converter.unstructure(case), "journal": journal}), OPTIONS)
    assert RECORDS.drift(document) == []
    assert broken_at(document["journal"]) is None
    assert [entry["seq"] for entry in journal] == list(range(1, len(journal) + 1))


@settings(max_examples=80)
@given(ways)
def test_whatever_way_a_case_goes_these_things_hold(way: tuple[Case, list[dict[str, Any]]]) -> None:
    case, journal = way
    types = [entry["type"] for entry in journal]
    assert types.count("CorrectionRequested") <= 1, "told once"
    assert types.count("CaseAccepted") <= 1 and types.count("CaseDecided") <= 1
    assert bool(case.desk) != (case.status in model.ENDED), "on a desk as long as it is open"
    assert set(case.receivers) == received(journal)
    if handed := [entry for entry in journal if entry["type"] == "CaseHandedOver"]:
        assert handed[-1] is not journal[-1] or case.handler_id == handed[-1]["data"].get("toOfficerId", "")
    assert (case.closed_at is not None) == (case.status in model.ENDED)
    # Another handler changes nothing about where the case stands.
    moves = [one for one in types if one != "CaseHandedOver"]
    assert (case.status == model.CORRECTION) == (moves[-1] == "CorrectionRequested")
    assert not case.correction_materials or case.status == model.CORRECTION
    if case.decided_by:
        assert case.decided_by not in received(journal), "two persons"
        assert case.steps_passed == len(case.review_steps), "decided when every step had passed"
    if "CaseClosed" in types:
        assert "ResultIssued" in types or not case.result_name or "CaseDecided" in types
        assert ("ResultIssued" in types) == (case.result_number == "N1")
    if "CaseWithdrawn" in types:
        assert "CaseDecided" not in types, "withdrawn before the decision only"
    assert "passport" not in {file.material for file in case.files}, "nothing outside the list"


@settings(max_examples=40)
@given(ways, st.data())
def test_a_state_that_was_altered_beside_its_journal_is_found(
    way: tuple[Case, list[dict[str, Any]]], data: st.DataObject
) -> None:
    case, journal = way
    field = data.draw(st.sampled_from(["number", "applicant_id", "received_by", "result_number"]))
    forged = replace(case, **{field: "forged"})
    assert RECORDS.drift({"state": _converter.unstructure(forged), "journal": journal}) == [field]


def test_corrected_files_replace_those_of_the_same_material_and_leave_the_others() -> None:
    item = definition()
    case, _ = walk(item, [("RequestCorrection", 0, ["application"]), ("CorrectCase", 0, ["application", "plan"])])
    assert [file.material for file in case.files] == ["application", "plan"]
    first = case.files[1]
    moment = type("Moment", (), {"at": NOW + timedelta(days=1), "by": "person:p"})()
    again = events.CaseCorrected(case_id="c", files=[events.HandedInFile(attachment_id="new", material="application")])
    after = EVOLVE[events.CaseCorrected](case, again, moment)
    assert [file.attachment_id for file in after.files] == [first.attachment_id, "new"]
    assert after.sealed_form == "sealed again", "an unchanged form stays"
