"""Fixtures: a stand-in for Stripe for the session, and a ticket counter that sells with it."""

from collections.abc import Iterator

import pytest

from chalicelib.settings import settings
from devstack.paypal_stand_in import WEBHOOK_ID, PayPalStandIn
from devstack.stripe_stand_in import WEBHOOK_SECRET, StripeStandIn
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.localstripe import localstripe
from tests.support.payments import Counter
from tests.support.paypal import PayPalCounter
from tests.support.pump import Pump

__all__ = ["localstripe"]


@pytest.fixture
def stripe(localstripe: StripeStandIn, environment: pytest.MonkeyPatch) -> Iterator[StripeStandIn]:
    """Stripe, as the system under test sees it."""
    for name in ("STRIPE_API_URL", "STRIPE_CONNECT_URL"):
        environment.setenv(name, localstripe.url)
    environment.setenv("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    settings.cache_clear()
    localstripe.events.clear()
    localstripe.calls.clear()
    yield localstripe
    localstripe.fault, localstripe.connect.once, localstripe.page_size = None, False, 100


@pytest.fixture(scope="session")
def paypal_server() -> Iterator[PayPalStandIn]:
    server = PayPalStandIn()
    yield server
    server.close()


@pytest.fixture
def paypal(paypal_server: PayPalStandIn, environment: pytest.MonkeyPatch) -> Iterator[PayPalStandIn]:
    """PayPal's sandbox, as the system under test sees it."""
    environment.setenv("PAYPAL_SANDBOX_API_URL", paypal_server.url)
    environment.setenv("PAYPAL_SANDBOX_WEBHOOK_ID", WEBHOOK_ID)
    settings.cache_clear()
    paypal_server.events.clear()
    paypal_server.calls.clear()
    yield paypal_server
    paypal_server.fault, paypal_server.capture_status = None, "COMPLETED"
    paypal_server.takes_fees = False


@pytest.fixture
def by_paypal(
    client: Client, database: TestDatabase, stripe: StripeStandIn, paypal: PayPalStandIn, pump: Pump
) -> PayPalCounter:
    """A ticket counter that takes PayPal."""
    return PayPalCounter(client, database, stripe, paypal, pump)


@pytest.fixture
def counter(client: Client, database: TestDatabase, stripe: StripeStandIn, pump: Pump) -> Counter:
    """A ticket counter."""
    return Counter(client, database, stripe, pump)
