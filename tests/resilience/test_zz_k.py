import random
from typing import Any
from loadtests import world
from tests.resilience import stories_case_promises
from tests.resilience.test_delivery import _settled, _deliveries, _deliver, _differing, _dead, _waiting, _counted, _kept
import time
def test_story(campaign: Any) -> None:
    suite = campaign.suite
    stores = [world.database(suite.store(name).uri, name) for name in ("case", "catalog", "rating")]
    stories_case_promises.live_in(suite, world.signing_key(*stores))
    for _ in range(8):
        time.sleep(4)
        uns=[(s.name,n) for s in stores for n in s.list_collection_names() if s[n].find_one({"unsent": True})]
        print("state", uns, _waiting(suite.places.environment("case","worker")["AMQP_URI"]), [_counted(s) for s in stores], flush=True)
        if not uns: break
    a=_kept(suite); time.sleep(2); b=_kept(suite); print("diff", _differing(a,b)[:5], flush=True)
    before = _settled(suite)
    messages = [m for _, m in _deliveries(suite)]
    dead = _dead(suite)
    _deliver(suite, [m for m in reversed(messages) for _ in range(2)])
    random.Random(7).shuffle(messages)
    _deliver(suite, messages)
    after = _settled(suite)
    assert _dead(suite) == dead
    assert not (d := _differing(before, after)), "\n".join(d)
    print("ok", len(messages))
