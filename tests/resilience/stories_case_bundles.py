"""Short stories of one thing at once (一件事): one whose branches end in every way a case can end, and one that is taken back."""

from collections.abc import Callable
from typing import Any

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import MACHINE, OFFICER, PERSON, Actor, Cause, now
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import until_true
from services.case import model_acts, store
from services.identity.machines import open_rpcs
from tests.resilience.stories_catalog import REGION, Desk
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.case.v1.bundles_pb2 import BUNDLE_STATUS_WITHDRAWN, Bundle
from yiwang.catalog.v1.service_pb2 import ItemDefinition
from yiwang.catalog.v1.themes_pb2 import ThemeDefinition, ThemeItem

ENDS = ("refused", "not_accepted", "lapsed", "decided", "pushed", "withdrawn", "voided", "transferred")
FIRST = 400


class Story:
    """A theme with a branch for every end, and who calls about it."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key, self._channel = key, grpc.insecure_channel(suite.address("case"))
        self.database = world.database(suite.store("case").uri, "case")
        self.department = world.department(0)
        self.theme = self._published(Desk(suite, key, REGION))
        self.person = Actor("story-opener", PERSON, level=1, session="story-opener")
        self.mine = self.by(self.person, "BundleService")

    def by(self, actor: Actor, service: str = "CaseService") -> As:
        """A contract of case as this actor calls it."""
        return As(self._channel, contract_of("case", service), None, tokens.mint(self._key, actor))

    def officer(self, *roles: str) -> As:
        """An officer of the department with these roles."""
        name = f"story-bundle-{'-'.join(roles)}"
        return self.by(Actor(name, OFFICER, frozenset(roles), self.department, REGION, 0, name))

    def system(self) -> As:
        """The department's own system."""
        name = "story-system"
        told: dict[str, Any] = {"department": self.department, "region": REGION, "session": f"{name}.1"}
        return self.by(Actor(name, MACHINE, rpcs=open_rpcs(), quota=1000, **told), "ExchangeService")

    def _published(self, desk: Desk) -> str:
        """The theme through catalog; case has it when this returns. Its first edition is superseded by another."""
        department = world.item(0)[1].department
        for number in range(len(ENDS)):
            definition = ItemDefinition()
            definition.CopyFrom(world.item(FIRST + number)[1])
            definition.department.CopyFrom(department)
            desk.publish(definition)
        items = [
            ThemeItem(key=end, name=f"事项{number}", item_code=world.item(FIRST + number)[1].code)
            for number, end in enumerate(ENDS)
        ]
        for edition in (1, 2):
            theme = ThemeDefinition(code="STORY", region=REGION, name=f"故事{edition}", lead=department, items=items)
            id = publish(desk, theme)
        over = ThemeDefinition(code="STORYOVER", region=REGION, name="取消的故事", lead=department, items=items[:1])
        desk.write("ThemeService").WithdrawTheme(id=publish(desk, over), reason="不再办理")
        codes = [item.item_code for item in items]
        until(lambda: all(self.database["items"].find_one({"code": code}) for code in codes))
        until(lambda: self.database["themes"].find_one({"_id": id, "edition": 2}))
        return id

    def submit(self) -> str:
        """An application; its id, when all its branches are cases."""
        id: str = self.mine.SubmitBundle(theme_id=self.theme, form=world.FORM).id
        until(lambda: all(one.case_id and one.case_number for one in self.get(id).branches))
        return id

    def get(self, id: str) -> Bundle:
        """It as its applicant sees it."""
        bundle: Bundle = self.mine.GetBundle(bundle_id=id)
        return bundle


def publish(desk: Desk, theme: ThemeDefinition) -> str:
    """An edition of a theme; its id."""
    saved = desk.write("ThemeService").SaveTheme(definition=theme)
    desk.review("ThemeService").ReviewTheme(id=saved.id, version=saved.version)
    id: str = desk.write("ThemeService").PublishTheme(id=saved.id).id
    return id


def live_in(suite: Suite, key: OKPKey) -> None:
    """Both stories."""
    story = Story(suite, key)
    every_end(story)
    taken_back(story)


def every_end(story: Story) -> None:
    """Each branch ends in another way, and the whole is over."""
    id = story.submit()
    cases = {one.key: one.case_id for one in story.get(id).branches}
    receiver, decider = story.officer("receive", "review"), story.officer("decide", "issue")
    receiver.RefuseCase(case_id=cases["refused"], reason="不符合条件")
    receiver.NotAcceptCase(case_id=cases["not_accepted"], reason="不属于本部门")
    receiver.RequestCorrection(case_id=cases["lapsed"], materials=["m1"], notice="请补交")
    _lapse(story, cases["lapsed"])
    story.by(story.person).WithdrawCase(case_id=cases["withdrawn"], reason="不办了")
    receiver.VoidCase(case_id=cases["voided"], reason="重复录入")
    for end in ("decided", "pushed", "transferred"):
        receiver.AcceptCase(case_id=cases[end])
    receiver.TransferCase(
        case_id=cases["transferred"], to_department="LOADABOVE", to_department_name="上级部门", reason="应由上级决定"
    )
    told = {"granted": True, "result_number": "推1号", "decided_at": now().isoformat()}
    story.system().PushResult(case_id=cases["pushed"], **told)
    decider.CloseCase(case_id=cases["pushed"])
    receiver.PassReviewStep(case_id=cases["decided"], opinion="符合")
    decider.DecideCase(case_id=cases["decided"], granted=False, reason="不符合条件")
    decider.CloseCase(case_id=cases["decided"])
    until(lambda: story.get(id).ended_at)


def _lapse(story: Story, case: str) -> None:
    """As the timer does when ten working days are over."""
    cause = Cause(f"timer/CORRECTION/{case}", "system:case")
    store.cases(story.database).change(case, cause, lambda one: model_acts.lapse(one, now()))


def taken_back(story: Story) -> None:
    """All of it is taken back before anybody accepted it."""
    id = story.submit()
    story.mine.WithdrawBundle(bundle_id=id, reason="不办了")
    until(lambda: story.get(id).status == BUNDLE_STATUS_WITHDRAWN)


def until(look: Callable[[], Any], seconds: float = 30) -> None:
    """Waits until `look` gives something; TimeoutError after so many seconds."""
    until_true(look, seconds, step=0.2)
