"""Stripe's stand-in, started once for all tests that pay."""

from collections.abc import Iterator

import pytest

from devstack.stripe_stand_in import StripeStandIn


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeStandIn]:
    """The stand-in itself; `stripe` of tests/payments points the system under test at it."""
    server = StripeStandIn(log=tmp_path_factory.mktemp("stripe") / "localstripe.log")
    yield server
    server.close()
