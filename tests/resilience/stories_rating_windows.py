"""Short stories of the hall as rating hears of them: who was at a window when, whose it is, what stands there. An event heard late must
not undo what came after it."""

from functools import partial

import grpc
import orjson
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import DEVICE, Actor, now
from deploy.local.suite import Suite
from standards.identifiers import uscc_check_digit
from tests.resilience.town import HALL, MARKET, POLICE, REGION, Somebody, Town, until
from tests.support.calling import As
from yiwang.identity.v1 import counties_pb2
from yiwang.rating.v1.windows_pb2 import WindowOfCode

_FIRST17 = "11990121MB0000077"
STORY = _FIRST17 + uscc_check_digit(_FIRST17)


class Hall:
    """Windows of the sample county, and their tablets."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self.town, self._key = Town(suite, key), key
        self.county = self.town.first("CountyService")
        self.clerks = {number: self.town.sign_in(number) for number in ("sj-101", "sj-201")}

    def window(self, number: str, department: str = MARKET) -> str:
        """Opens a window or changes whose it is; its id."""
        fields = {"number": number, "hall": HALL, "region": REGION}
        id: str = self.county.SaveWindow(department=department, **fields).id
        return id

    def tablet(self, window: str) -> tuple[str, As]:
        """A tablet of a window, once rating has heard of it: its id, and WindowService as it calls it."""
        jwk = orjson.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)).decode()
        told = {"kind": counties_pb2.DEVICE_KIND_TABLET, "label": "窗口平板", "region": REGION, "jwk_json": jwk}
        id: str = self.county.RegisterDevice(window_id=window, **told).id
        actor = Actor(id, DEVICE, region=REGION, session=f"{id}.1")
        calls = self.by(tokens.mint(self._key, actor))
        until(partial(_answers, calls))
        return id, calls

    def by(self, access: str) -> As:
        """WindowService as who has this token calls it."""
        return self.town.by(access, "WindowService", "rating")

    def told(self, tablet: As) -> WindowOfCode:
        """What the window's screen shows now."""
        told: WindowOfCode = self.by("").ReadWindowCode(code=tablet.IssueWindowCode().code)
        return told

    def at(self, clerk: str) -> Somebody:
        """An officer who serves at windows."""
        return self.clerks[clerk]


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other, in the sample county."""
    hall = Hall(suite, key)
    for story in (shifts, hands, tablets):
        story(hall)


def shifts(hall: Hall) -> None:
    """Two clerks take turns at two windows; each is told by the codes of his own, one leaves in the end, and all is rated."""
    windows = [hall.window(number) for number in ("71", "72")]
    tablets = [hall.tablet(window)[1] for window in windows]
    printed = hall.by(hall.town.first.access).IssueWindowCode(window_id=windows[0], printed=True).code
    for clerk, place in (("sj-101", 0), ("sj-201", 1), ("sj-101", 1), ("sj-201", 0)):
        hall.at(clerk)("CountyService").SignOnWindow(window_id=windows[place])
        until(partial(_shows, hall, tablets[place], clerk))
        tablets[place].RateOnTablet(grade=5, at=now().isoformat())
    hall.at("sj-201")("CountyService").SignOffWindow()
    until(partial(_shows, hall, tablets[0], ""))
    hall.by("").RateAtWindow(code=printed, grade=2, comment="没有人")
    hall.by(hall.town.first.access).RevokeWindowCodes(window_id=windows[0])


def hands(hall: Hall) -> None:
    """A window goes from one department to another and back; a department is named anew, twice."""
    window = hall.window("73")
    _, tablet = hall.tablet(window)
    for department in (POLICE, MARKET, STORY):
        for name in ("故事一局", "故事二局") if department == STORY else ():
            hall.town.first("OfficerService").SaveDepartment(uscc=STORY, name=name, region=REGION)
        hall.window("73", department)
        until(partial(_belongs, hall, tablet, department))
    until(lambda: hall.told(tablet).department_name == "故事二局")


def tablets(hall: Hall) -> None:
    """Of two tablets of a window one is revoked; the other rates on."""
    window = hall.window("74")
    (lost, gone), (_, stays) = hall.tablet(window), hall.tablet(window)
    hall.county.RevokeDevice(device_id=lost)
    until(lambda: not _answers(gone))
    stays.RateOnTablet(grade=4, at=now().isoformat())


def _answers(tablet: As) -> bool:
    """Whether rating knows a tablet and its window."""
    try:
        return bool(tablet.IssueWindowCode().code)
    except grpc.RpcError as error:
        if error.code() in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAUTHENTICATED):
            return False
        raise


def _shows(hall: Hall, tablet: As, staff_number: str) -> bool:
    return hall.told(tablet).staff_number == staff_number


def _belongs(hall: Hall, tablet: As, department: str) -> bool:
    return hall.told(tablet).department == department
