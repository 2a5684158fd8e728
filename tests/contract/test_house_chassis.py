"""What chassis may not know: the words of the domain, and contracts of the services it serves."""

import re

from tests.support.sources import imports, source_files, where

# Words of the domain, which chassis serves and does not know. Allowed: PERSON and OFFICER (realms of yiwang.access, and what
# tokens say of an officer: roles, department, region), identity (who issues tokens), person (whose keys `sealed` keeps).
DOMAIN_WORDS = (
    *("citizen", "applicant", "enterprise", "county", "counties", "government"),
    *("catalog", "rating", "ratings", "intermediary", "procurement", "payout"),
    *("item_id", "items_of", "ItemDefinition", "ItemPublished", "case_id", "CaseSubmitted", "CaseClosed"),
    *("attachment", "attachments", "invitation", "inbox", "timeline", "approval", "licence", "license"),
    *("事项", "办件", "受理", "补正", "审批", "好差评", "材料", "办结"),
)


def test_chassis_has_no_word_of_the_domain() -> None:
    latin = [word for word in DOMAIN_WORDS if word.isascii()]
    pattern = re.compile(
        rf"(?<![a-zA-Z])({'|'.join(latin)})(?![a-zA-Z])|{'|'.join(set(DOMAIN_WORDS) - set(latin))}", re.I
    )
    found = []
    for path in source_files("chassis"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found += [f"{where(path, number)} {match[0]}" for match in pattern.finditer(line)]
    assert found == []


def test_chassis_knows_no_contract_but_access_rules_and_the_signing_keys() -> None:
    for path in source_files("chassis"):
        knows = ("tokens.py", "people.py")  # who signs, and whose sessions end
        allowed = ("yiwang.access.", "yiwang.identity.") if path.name in knows else ("yiwang.access.",)
        allowed += ("yiwang.rules.",) if path.name == "rules.py" else ()
        for name, line in imports(path):
            assert not name.startswith("yiwang.") or name.startswith(allowed), f"{where(path, line)} {name}"
