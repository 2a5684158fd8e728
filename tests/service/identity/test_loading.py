"""Loading a file of people and officers: once, with every bad row named."""

import pytest

from tests.support.identity_service import (
    NAME,
    PASSWORD,
    Identity,
    fresh_number,
    fresh_phone,
    load,
    officer_row,
    sign_in,
)


def test_a_file_is_loaded_once_bad_rows_are_named_and_good_ones_kept(identity: Identity) -> None:
    number, phone = fresh_number(), fresh_phone()
    good = {"name": NAME, "idNumber": number, "phone": phone, "password": PASSWORD}
    bad_digit = number[:17] + ("1" if number[17] != "1" else "2")
    people = [good, good | {"idNumber": bad_digit}, good | {"phone": 5}, {"name": NAME}, "x", good | {NAME: 1}]
    content = {"officers": [officer_row("ld-1"), officer_row("ld-2", roles=["king"])], "people": people}
    first, second = load(identity, content), load(identity, content)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 rows loaded, 0 there already, 6 refused" in first.stderr
    assert "0 rows loaded, 2 there already, 6 refused" in second.stderr
    for place in ("officers[2] roles[0]:", "people[2] id_number:", "people[3] phone: TYPE", "people[4] idNumber:"):
        assert place in first.stderr
    for secret in (NAME, number, bad_digit, phone, PASSWORD):
        assert secret not in first.stdout + first.stderr + second.stdout + second.stderr
    assert sign_in(identity, number).me.person.name == sign_in(identity, "ld-1").me.officer.name == NAME
    changed = load(identity, {"officers": [officer_row("ld-1", roles=["decide"], password="Something-else-1")]})
    assert "1 rows loaded" in changed.stderr
    assert list(sign_in(identity, "ld-1").me.officer.roles) == ["decide"]


@pytest.mark.parametrize("content", ["{", "[]", '{"people": 5}', "{}", '{"people": [{}]}', '{"people": ["\\ud800"]}'])
def test_a_file_without_a_good_row_fails_in_one_line_each(identity: Identity, content: str) -> None:
    done = load(identity, content)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
