"""An item as the index keeps it: the words it is found by, the values it is filtered by, the line it is shown as. Pure."""

from typing import Any, Final, NamedTuple

from services.catalog.model_facts import Chapter, Facts
from services.catalog.model_life import PUBLISHED
from services.catalog.search_words import indexed, runs, spelled
from services.catalog.store import Listed
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

# Tags by pb.FacetKind, as text.
Tags = dict[int, list[str]]
TYPE, OBJECT, DEPARTMENT, TOPIC = (
    int(pb.FACET_KIND_TYPE),
    int(pb.FACET_KIND_SERVICE_OBJECT),
    int(pb.FACET_KIND_DEPARTMENT),
    int(pb.FACET_KIND_TOPIC),
)
LEVEL, FORM, REGION, TRAIT = (
    int(pb.FACET_KIND_EXERCISE_LEVEL),
    int(pb.FACET_KIND_HANDLING_FORM),
    int(pb.FACET_KIND_REGION),
    int(pb.FACET_KIND_TRAIT),
)
KINDS: Final = (TYPE, OBJECT, DEPARTMENT, TOPIC, LEVEL, FORM, REGION, TRAIT)


class Words(NamedTuple):
    """What an item is found by: tokens of its name and aliases, of what it is about, its pinyin, its codes."""

    title: str
    about: str
    spelled: str
    codes: str


def in_force(one: Listed) -> Chapter | None:
    """The chapter search shows; None for an item that is not published, suspended or withdrawn."""
    newest = one.history[-1] if one.history else None
    return newest if newest and newest.status == PUBLISHED else None


def words(facts: Facts) -> Words:
    """The tokens of an item."""
    names = [facts.name, *facts.aliases]
    about = [facts.department_name, *facts.topics]
    return Words(indexed(names), indexed(about), spelled(names), " ".join(code_token(code) for code in codes_of(facts)))


def codes_of(facts: Facts) -> list[str]:
    """Its code and those it had."""
    return [facts.code, *facts.former_codes]


def code_token(code: str) -> str:
    """A code without its dashes, in small letters."""
    return "".join(runs(code))


def read_tags(values: list[list[str]]) -> Tags:
    """Tags from their values, in the order of KINDS."""
    return dict(zip(KINDS, values, strict=True))


def tags(facts: Facts) -> Tags:
    """The values of its facets."""
    return {
        TYPE: [facts.type_code],
        OBJECT: facts.service_objects,
        # With its name, which is its label.
        DEPARTMENT: [facts.department, facts.department_name],
        TOPIC: facts.topics,
        LEVEL: [facts.exercise_level] if facts.exercise_level else [],
        FORM: [str(form) for form in facts.handling_forms],
        REGION: [codes.region_prefix(facts.region)],
        TRAIT: [str(trait) for trait in facts.traits],
    }


def texts(facts: Facts) -> tuple[str, str, str]:
    """Name, aliases, and what it is about (department, topics) as text that is compared with a query's: parted by line ends."""
    about = [facts.department_name, *facts.topics]
    return _plain(facts.name), "\n".join(map(_plain, facts.aliases)), "\n".join(map(_plain, about))


def _plain(text: str) -> str:
    return "".join(runs(text))


def place(one: Listed, facts: Facts) -> str:
    """Where it stands in a list of all: by department and name."""
    return "\n".join((facts.department_name, facts.name, one.id))


def hit(one: Listed, edition: int, facts: Facts) -> pb.ItemHit:
    """The line it is shown as."""
    amount, unit = facts.promised or (0, 0)
    told: dict[str, Any] = {"promised_limit": pb.Limit(amount=amount, unit=unit)} if unit else {}  # type: ignore[arg-type]
    return pb.ItemHit(
        id=one.id,
        edition=edition,
        code=facts.code,
        name=facts.name,
        department=pb.Department(code=facts.department, name=facts.department_name),
        region=facts.region,
        type_code=facts.type_code,
        online=facts.online,
        visits=facts.visits,
        traits=facts.traits,  # type: ignore[arg-type]
        short_code=one.short_code,
        **told,
    )
