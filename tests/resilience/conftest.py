"""One whole suite for every fault; each test starts with all of it healthy and leaves it so."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local.daemon import Daemon
from deploy.local.suite import Suite
from loadtests.campaign import Campaign, until_true
from tests.fakes import program, verification_source
from tests.fakes.beacon import Beacon
from tests.fakes.courier import Courier
from tests.fakes.hotline import Hotline
from tests.fakes.payment_provider import PaymentProvider
from tests.resilience.stories_policy import BANK
from tests.support import left_behind
from tests.support.policy_money import PAYER


@pytest.fixture(scope="session")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folder: Path = tmp_path_factory.mktemp("resilience")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as outside:
        patch.setenv("VERIFICATION_URL", outside.enter_context(verification_source.running()).url)
        patch.setenv("PAYMENT_URL", outside.enter_context(program.running(PaymentProvider())).url)
        patch.setenv("COURIER_URL", outside.enter_context(program.running(Courier())).url)
        patch.setenv("HOTLINE_URL", outside.enter_context(program.running(Hotline())).url)
        patch.setenv("BEACON_URL", outside.enter_context(program.running(Beacon())).url)
        patch.setenv("BANK_URL", outside.enter_context(program.running(BANK)).url)
        patch.setenv("PAYER_ACCOUNT", PAYER)
        with Suite(folder / "suite") as suite:
            yield Campaign(suite, folder / "loads").prepare()
            left_behind.require_clean_suite(suite)


@pytest.fixture(autouse=True)
def healthy(campaign: Campaign) -> Iterator[None]:
    """Whatever a test did, the next one finds everything running and every event sent."""
    yield
    for daemon in campaign.suite.daemons():
        if not daemon.alive:
            daemon.restart()
        daemon.resume()
    until_true(lambda: all(daemon.answers() for daemon in campaign.suite.daemons()), 60)


def named(campaign: Campaign, name: str) -> Daemon:
    """A process, a store or the broker by its name."""
    return next(daemon for daemon in campaign.suite.daemons() if daemon.name == name)
