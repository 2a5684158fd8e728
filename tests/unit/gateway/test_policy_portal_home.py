"""What an enterprise asked for, on its home beside its claims and its money."""

from typing import Any

import pytest

from tests.unit.gateway import told_policy
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_policy_portal import APPEAL, an_appeal
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import appeals_pb2 as appeals
from yiwang.policy.v1 import claims_pb2 as claims

MINE = "/policies/mine"


@pytest.fixture(autouse=True)
def _told(site: Site, services: Services) -> None:
    services.on("GetMe", told_policy.ME)
    services.on("GetMyEnterprise", told_policy.an_enterprise())
    services.on("ListMyMatches", told_policy.MATCHES)
    services.on("ListMyClaims", claims.ListClaimsResponse(claims=[told_policy.a_paid()]))
    told_policy.act(site, services)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(appeals.ListAppealsResponse(appeals=[an_appeal(4)]), "看答复并评价"), (appeals.ListAppealsResponse(), "还没有提交诉求"),
     (refuse("UNAVAILABLE", "AWAY"), "诉求暂时无法读取")],
)  # fmt: skip
def test_the_newest_appeals_stand_beside_claims_and_money_and_complaints_are_one_step_away(
    site: Site, services: Services, answer: Any, said: str
):
    services.on("ListMyAppeals", answer)
    page = site.get(MINE).text
    for told in (said, "申报和到账", "已到账", 'href="/policies/complaints"', 'href="/policies/appeals/new"'):
        assert told in page, told
    assert (f'href="/policies/appeals/{APPEAL}"' in page) == (said == "看答复并评价") and SCRIPT not in page


def test_only_an_answer_that_was_not_rated_is_called_for(site: Site, services: Services):
    services.on("ListMyAppeals", appeals.ListAppealsResponse(appeals=[an_appeal(status) for status in (1, 2, 3, 5)]))
    page = site.get(MINE).text
    assert page.count(f'href="/policies/appeals/{APPEAL}"') == 4 and "看答复并评价" not in page
