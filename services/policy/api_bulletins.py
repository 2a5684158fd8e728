"""BulletinService over gRPC."""

from chassis.acts import now
from chassis.parts import Parts
from chassis.rpc import Call
from services.policy import bulletins, model_bulletins
from standards.workdays import local_day
from yiwang.policy.v1 import bulletins_pb2 as pb


class BulletinApi:
    """The methods of yiwang.policy.v1.BulletinService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database

    def GetBulletin(self, request: pb.GetBulletinRequest, _call: Call) -> pb.Bulletin:
        months = model_bulletins.months(request.first_month, request.last_month, local_day(now()))
        return bulletins.bulletin(self.database, request.region, months)
