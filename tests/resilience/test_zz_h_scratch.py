import time

from tests.resilience.conftest import *
from tests.resilience import stories_case_bundles
from loadtests import world
from tests.resilience.test_delivery import _deliveries,_settled,_deliver,_dead,_differing
def test_story(campaign):
    suite=campaign.suite
    stores = [world.database(suite.store(name).uri, name) for name in ("case", "catalog", "rating")]
    key = world.signing_key(*stores)
    stories_case_bundles.live_in(suite,key)
    before=_settled(suite)
    messages=[m for _,m in _deliveries(suite)]
    types = {message.headers["cloudEvents:type"].rsplit(".", 1)[1] for message in messages}
    print(sorted(types))
    for t in ("ThemePublished","ThemeWithdrawn","BundleSubmitted","BundleChildMoved","BundleWithdrawn","CaseRefused","CaseNotAccepted","CorrectionLapsed","CaseDecided","ResultPushed","CaseClosed","CaseWithdrawn","CaseVoided","CaseTransferred"): assert t in types, t
    dead=_dead(suite)
    _deliver(suite,[m for m in reversed(messages) for _ in range(2)])
    after=_settled(suite)
    assert _dead(suite)==dead
    d=_differing(before,after)
    assert not d, "\n".join(d)
