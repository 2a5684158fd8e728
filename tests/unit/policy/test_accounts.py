"""Accounts that are paid to: the enterprise's own by name, and no number that cannot be one."""

from dataclasses import dataclass

import pytest

from chassis.errors import Refused
from services.policy import model_accounts

OWN = "示范（云川）科技有限公司"


@dataclass
class Stated:
    name: str = OWN
    number: str = "6222000011112222"
    bank_name: str = "某某银行云川支行"


def refused(account: Stated) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        model_accounts.require_sound(account, OWN)
    return [(one.field, one.reason) for one in caught.value.violations]


@pytest.mark.parametrize(
    "name", [OWN, "示范(云川)科技有限公司", " 示范（云川） 科技有限公司 ", "示范（云川)科技　有限公司"]
)
def test_a_name_is_the_same_in_full_and_half_width(name: str) -> None:
    model_accounts.require_sound(Stated(name), OWN)


def test_letters_of_a_name_are_the_same_in_every_width_and_case() -> None:
    assert model_accounts.normal("ＡＢｃ 科技") == model_accounts.normal("abC科技") == "ABC科技"


@pytest.mark.parametrize("name", ["", "示范科技有限公司", "示范（云川）科技有限公司二分公司", "张三"])
def test_an_account_of_another_is_refused(name: str) -> None:
    assert refused(Stated(name)) == [("account.name", "NOT_OWN")]


def test_a_number_of_one_digit_is_refused_with_all_else_that_is_wrong() -> None:
    assert refused(Stated(number="00000000")) == [("account.number", "MALFORMED")]
    assert refused(Stated("张三", "11111111")) == [("account.name", "NOT_OWN"), ("account.number", "MALFORMED")]


@pytest.mark.parametrize("bank_name", ["某某银行，联系人电话13800138000", "账号6222000011112222"])
def test_the_name_of_a_bank_leads_to_nobody(bank_name: str) -> None:
    assert refused(Stated(bank_name=bank_name)) == [("account.bank_name", "PERSONAL_DATA")]
