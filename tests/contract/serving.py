"""The running system of the contract: the HTTP server of devstack on real PostgreSQL, in this process."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from chalicelib import db, paper_store
from chalicelib.settings import settings
from chalicelib.tasks.registry import TASKS
from devstack import aws_stand_in, http_server
from devstack.paypal_stand_in import WEBHOOK_ID, PayPalStandIn
from devstack.stripe_stand_in import WEBHOOK_SECRET, StripeStandIn
from devstack.video_stand_in import VideoStandIn
from tests.contract.isolation import Clones, clones
from tests.contract.world import STRIPE_ACCOUNT, VIDEO_SECRET
from tests.support.servers import OwnPostgres, own_stand_in

_KEY = "contract:a-secret-that-only-the-contract-knows"


class _Quiet(http_server.Handler):
    """It writes no line for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Running:
    """A system that answers at `address`, from the database that `clones` gives it."""

    address: str
    clones: Clones


@contextmanager
def running() -> Iterator[Running]:
    """The system for the length of the block."""
    postgres, video, stripe = OwnPostgres(), VideoStandIn(VIDEO_SECRET), StripeStandIn()
    paypal = PayPalStandIn()
    stripe.connect.accounts.add(STRIPE_ACCOUNT)
    try:
        with (
            own_stand_in() as endpoint,
            _environment(endpoint, video.api_url, stripe.url, paypal.url),
            patch.object(paper_store, "_demand", _made_at_once),
            clones(postgres.address) as found,
        ):
            import app  # when it knows where everything is

            listening = socket.create_server(("127.0.0.1", 0), backlog=16)
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            server = http_server.Server(listening, app)
            server.RequestHandlerClass = _Quiet
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            try:
                found.renew()
                yield Running(address, found)
            finally:
                server.shutdown()
                server.server_close()
    finally:
        video.close()
        stripe.close()
        paypal.close()
        postgres.stop()


def _made_at_once(paper: paper_store.Paper) -> bool:
    """Make the paper, as another process does while a request waits."""
    with db.transaction() as session:
        TASKS[paper.task].run(session, **paper.arguments)
    return True


@contextmanager
def _environment(endpoint: str, video: str, stripe: str, paypal: str) -> Iterator[None]:
    kept = dict(os.environ)
    aws_stand_in.reset(endpoint)
    resources = aws_stand_in.create_resources(endpoint, "contract-files")
    values = {
        "STAGE": "test",
        "JWT_KEYS": _KEY,
        "LOG_LEVEL": "CRITICAL",
        "COOKIE_SECURE": "false",
        "LIMITS": "off",
        "VIDEO_STAND_IN": video,
        "STRIPE_API_URL": stripe,
        "STRIPE_CONNECT_URL": stripe,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PAYPAL_SANDBOX_API_URL": paypal,
        "PAYPAL_SANDBOX_WEBHOOK_ID": WEBHOOK_ID,
    }
    os.environ.update(resources.environment() | values | {"MEDIA_URL": "https://media.example.org"})
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        settings.cache_clear()
