"""What departments, enterprises and everybody ask policy over gRPC: each subject's servicer is in its own file."""

from chassis.parts import Api, Parts
from services.policy.api_appeals import AppealApi
from services.policy.api_bulletins import BulletinApi
from services.policy.api_claims import ClaimApi
from services.policy.api_complaints import ComplaintApi
from services.policy.api_enterprises import EnterpriseApi
from services.policy.api_items import PayoutItemApi
from services.policy.api_money import MoneyApi
from services.policy.api_news import NewsApi
from services.policy.api_policies import PolicyApi
from services.policy.api_rolls import RollApi


def build(parts: Parts) -> Api:
    """The api of policy, from its parts."""
    policies, items = PolicyApi(parts), PayoutItemApi(parts)
    return Api(
        {
            "PolicyService": policies,
            "PayoutItemService": items,
            "EnterpriseService": EnterpriseApi(parts),
            "ClaimService": ClaimApi(parts),
            "RollService": RollApi(parts),
            "MoneyService": MoneyApi(parts),
            "AppealService": AppealApi(parts),
            "ComplaintService": ComplaintApi(parts),
            "NewsService": NewsApi(parts),
            "BulletinService": BulletinApi(parts),
        },
        polls=[policies.visits.flush, items.visits.flush],
    )
