"""The journal tells the whole truth: what was altered beside it is found. (Every way a case can go: test_machine.)"""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Records, _converter
from services.case import model_acts, model_application, model_asides, model_scenario
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
        "CloseCase": lambda: model_acts.close(case, one),
        "WithdrawCase": lambda: model_asides.withdraw(case, "reason", NOW, "sealed name"),
        "hand over": lambda: model_asides.hand_over(case, one.id, OFFICERS[who - 1].id if detail else "", NOW + YEAR),
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


ways = st.builds(walk, items, st.lists(acts, max_size=20))


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
