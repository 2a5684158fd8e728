"""Lines of the directory, purely: what an import may bring, what an officer has to mend, journals that tell the whole truth."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import INVALID_ARGUMENT, PERMISSION_DENIED, Refused
from chassis.records import Records, _converter, broken_at
from services.catalog import model_directory, model_implementations, model_life, model_lines
from services.catalog.model_directory import ENTRY
from services.catalog.model_implementations import IMPLEMENTATION
from services.catalog.model_lines import IMPORTER, Kind, Line
from tests.support.actors import officer
from tests.support.directory import BASE, BODY, MAIN, SUB, entry, implementation
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as items

KINDS: dict[str, tuple[Kind, Any, Any]] = {
    "entry": (ENTRY, model_directory.EVOLVE, entry),
    "implementation": (IMPLEMENTATION, model_implementations.EVOLVE, implementation),
}
NAMES = ("许可甲", "许可乙", "许可丙")
ID = "8d5f7e5e-6c0f-5a60-9f0e-0a2d8f1b2c3d"


class Journal:
    """A record in memory, written as the store would write it."""

    def __init__(self, kind: str) -> None:
        self.kind, evolve, self.define = KINDS[kind]
        self.records: Records[Line] = Records(None, Line, evolve, events)  # type: ignore[arg-type]
        self.state: Line | None = None
        self.entries: list[dict[str, Any]] = []

    def write(self, found: Any, by: str = "officer:ann") -> None:
        if not found:
            return
        cause = Cause(f"cause-{len(self.entries)}", by)
        head = self.entries[-1]["digest"] if self.entries else ""
        told = found if isinstance(found, list) else [found]
        self.state, entries = self.records._apply(self.state, told, cause, len(self.entries), head)
        self.entries += entries

    def act(self, name: str, which: int) -> None:
        definition, line = self.define(name=NAMES[which]), self.state
        if name == "save":
            self.write(model_lines.save(self.kind, line, ID, definition))
        elif name == "bring":
            self.write(model_lines.bring(self.kind, line, ID, definition, which > 0), IMPORTER)
        elif line is not None:
            acts = {
                "review": lambda: model_lines.review(self.kind, line, f"officer:{which}", 0, ""),
                "return": lambda: model_lines.give_back(self.kind, line, "退回"),
                "publish": lambda: model_lines.publish(self.kind, line),
                "withdraw": lambda: model_lines.withdraw(self.kind, line, "取消"),
            }
            self.write(acts[name](), f"officer:{which}")


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.lists(
        st.tuples(st.sampled_from(["save", "bring", "review", "return", "publish", "withdraw"]), st.integers(0, 2)),
        max_size=15,
    )
)
def test_whatever_happens_to_a_line_its_journal_replays_and_editions_count_up(
    kind: str, walk: list[tuple[str, int]]
) -> None:
    journal = Journal(kind)
    for name, which in walk:
        try:
            journal.act(name, which)
        except Refused:
            continue
    assert broken_at(journal.entries) is None
    if journal.state is None:
        return
    assert _converter.unstructure(journal.records.replay(journal.entries)) == _converter.unstructure(journal.state)
    published = [one["data"]["edition"] for one in journal.entries if one["type"].endswith("Published")]
    assert published == list(range(1, len(published) + 1))
    assert bool(published) == bool(journal.state.published) == bool(journal.state.codes)
    assert journal.state.life.version == len(journal.entries)


def test_an_import_writes_what_its_source_changed_and_nothing_over_officers(kind: str = "entry") -> None:
    journal = Journal(kind)

    def bring(name: str) -> list[str]:
        before = len(journal.entries)
        journal.write(model_lines.bring(ENTRY, journal.state, ID, entry(name=name)), IMPORTER)
        return [one["type"] for one in journal.entries[before:]]

    assert bring("许可甲") == ["EntrySaved", "EntryPublished"]
    assert bring("许可甲") == []
    journal.write(model_lines.save(ENTRY, journal.state, ID, entry(name="许可乙")))
    assert bring("许可甲") == []
    assert journal.state is not None and journal.state.definition["name"] == "许可乙"
    assert bring("许可丙") == ["EntrySaved", "EntryPublished"]
    journal.write(model_lines.withdraw(ENTRY, journal.state, "取消"))
    assert bring("许可甲") == []


def test_an_import_keeps_and_names_what_an_officer_has_to_mend() -> None:
    odd = implementation(exercise_level="3", code=f"{BODY[:17]}A4{BASE}")
    assert {one.reason for one in model_implementations.doubts(odd)} == {"CODE_CONTRADICTS", "USCC_CHECK_DIGIT"}
    assert model_lines.bring(IMPLEMENTATION, None, ID, odd)
    with pytest.raises(Refused) as said:
        model_lines.save(IMPLEMENTATION, None, ID, odd)
    assert said.value.code == INVALID_ARGUMENT
    with pytest.raises(Refused) as said:
        model_lines.bring(IMPLEMENTATION, None, ID, implementation(name="  "))
    assert [one.field for one in said.value.violations] == ["definition.name"]


@pytest.mark.parametrize("code", ["TE9901210000000001", "1" * 18, BODY])
def test_bodies_without_a_social_credit_code_have_a_stand_in(code: str) -> None:
    department = items.Department(code=code, name="某某社区")
    assert model_implementations.doubts(implementation(code=f"{code}4{BASE}", department=department)) == []


@pytest.mark.parametrize("code", ["0001-LOCAL", "0114001003", f"{BODY}40114001003", "A" * 24])
def test_other_profiles_of_codes_are_taken_as_they_are(code: str) -> None:
    assert model_implementations.doubts(implementation(code=code, exercise_level="3", base_code="")) == []
    assert model_directory.faults(None, entry(code=code)) == []


def test_where_a_code_stands_in_the_tree_follows_from_its_last_three_digits() -> None:
    for code, parent, fine in (
        (BASE, "", True),
        (MAIN, "", True),
        (SUB, MAIN, True),
        (SUB, "", False),
        (SUB, BASE, False),
        (MAIN, BASE, False),
        (BASE, BASE, False),
    ):
        found = model_directory.faults(None, entry(code=code, parent_code=parent))
        assert (found == []) is fine, (code, parent)
    assert model_directory.parent_fault(None) is not None


def test_a_standard_that_no_item_could_have_is_none() -> None:
    twice = [items.Material(key="a", name="一", necessity=items.NECESSITY_REQUIRED)] * 2
    found = model_directory.faults(None, entry(standard=items.ItemDefinition(materials=twice)))
    assert [one.field for one in found] == ["standard.materials[1].key"]


def test_a_line_too_large_for_its_record_is_refused() -> None:
    journal = Journal("entry")
    long = items.ItemDefinition(conditions="条" * 20_000, legal_basis="据" * 20_000)
    with pytest.raises(Refused) as said:
        for number in range(20):
            definition = entry(name=f"许可{number}", standard=long)
            journal.write(model_lines.save(ENTRY, journal.state, ID, definition))
    assert said.value.reason == "TOO_LARGE"
    assert sum(len(str(one["data"]).encode()) for one in journal.entries) < model_life.MOST_BYTES


def test_nobody_reviews_what_he_wrote() -> None:
    journal, ann = Journal("entry"), officer("catalog")
    journal.write(model_lines.save(ENTRY, None, ID, entry()), ann.by)
    assert journal.state is not None and journal.state.life.changed_at is not None
    assert journal.state.life.changed_at < datetime.now(UTC)
    with pytest.raises(Refused) as said:
        model_lines.review(ENTRY, journal.state, ann.by, 1, "")
    assert (said.value.code, said.value.reason) == (PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW")
