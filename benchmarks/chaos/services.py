"""Services of a chaos test, each behind a proxy, and the environment that leads functions to the proxies."""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.chaos import functions
from benchmarks.chaos.processes import Functions
from benchmarks.chaos.weather import AWS, POSTGRES, STRIPE, Weather, id_of_mail
from devstack import aws_stand_in, database, local_clock, mail_events, postgres
from devstack.aws_stand_in import Resources
from devstack.fault_messages import HttpMessage, aws_kind
from devstack.fault_proxy import FaultProxy, Settings
from devstack.stripe_stand_in import DEMO_ACCOUNT, WEBHOOK_SECRET, StripeStandIn

_SERVER: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
}
_VISIBLE_AGAIN: Final = 15  # seconds; 12 minutes in AWS
_LONGEST_DELAY: Final = 3  # seconds between two attempts of a task, so that all of them fit into a run
_ROLE: Final = "open_event"
_COMMON: Final = {
    "STAGE": "chaos",
    "JWT_KEYS": "chaos:a-secret-that-only-this-benchmark-knows",
    "MEDIA_URL": "https://media.example.org",
    "COOKIE_SECURE": "false",
    "LOG_LEVEL": "ERROR",
    "LIMITS": "off",
    "HELD_PLACES": "1000000",
    "DB_SECONDS": "4",  # 27 in AWS
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
}
_COUNTS: Final = {functions.API: 3, functions.TASKS: 2, functions.FILES: 1, functions.SWEEP: 1}


@dataclass(slots=True)
class Services:
    """What runs: `url` and `resources` are the services themselves, past the proxies."""

    url: str
    resources: Resources
    stripe: StripeStandIn
    proxies: Mapping[str, FaultProxy]
    functions: Functions
    environment: Mapping[str, str]
    server: "Server | None" = None  # PostgreSQL, where it may be killed


@dataclass(slots=True)
class Server:
    """PostgreSQL, which can be killed: it has another port afterwards."""

    directory: Path
    running: postgres.Postgres

    def crash(self) -> None:
        """End it at once, and start it again: what was committed is on the disk."""
        self.running.crash()
        self.running = postgres.start(self.directory, _SERVER)


@contextmanager
def own_services(weather: Weather) -> Iterator[Services]:
    """Everything started on this machine, for the length of the block."""
    directory = Path(tempfile.mkdtemp(prefix="chaos-"))
    directory.chmod(0o711)  # PostgreSQL may run as somebody else, who must get through
    try:
        server = Server(directory / "postgres", postgres.start(directory / "postgres", _SERVER))
        queue = aws_stand_in.start(directory / "aws.log")
        try:
            queue.wait()
            resources = aws_stand_in.create_resources(queue.endpoint, "chaos-files")
            database.create_if_missing(server.running.url("postgres"), "chaos")
            url = server.running.url("chaos")
            requests = database.in_role(url, _ROLE)
            database.migrate(url, requests)
            local_clock.override(url, requests)
            clock = {local_clock.FILE: str(directory / "clock")}
            with behind_proxies(weather, requests, resources, clock) as services:
                services.url, services.server = url, server
                yield services
        finally:
            queue.stop()
            server.running.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def behind_proxies(
    weather: Weather,
    url: str,
    resources: Resources,
    more: Mapping[str, str],
    *,
    pays: bool = True,
    visible_again: int = _VISIBLE_AGAIN,
) -> Iterator[Services]:
    """Functions that reach the database and the stand-ins through proxies, for the length of the block.

    Nobody `pays`: Stripe's stand-in has no payments. What a process takes that dies is `visible_again` after
    so many seconds.
    """
    directory = Path(tempfile.mkdtemp(prefix="chaos-functions-"))
    stripe = StripeStandIn(log=directory / "stripe.log", pays=pays)
    stripe.connect.accounts.add(DEMO_ACCOUNT)
    _shorten(resources, visible_again)
    owners: list[Callable[[int], None]] = []

    def kill(port: int) -> None:
        for kill_owner in owners:
            kill_owner(port)

    def proxy(service: str, address: str, **options: Any) -> FaultProxy:
        return FaultProxy(Settings(service, urlsplit(address).port or 0, weather.choose, kill, **options))

    proxies = {
        POSTGRES: proxy(POSTGRES, url, speaks_http=False),
        AWS: proxy(AWS, resources.endpoint, kind_of=aws_kind, change=_hastened, done=_published(resources)),
        STRIPE: proxy(STRIPE, stripe.url),
    }
    led = {"DATABASE_URL": url, **resources.environment(), "STRIPE_API_URL": stripe.url}
    led["STRIPE_CONNECT_URL"] = stripe.url
    for each in proxies.values():
        there, here = (f"127.0.0.1:{port}" for port in (each.settings.port, each.port))
        led = {name: value.replace(there, here) for name, value in led.items()}
    environment = {**os.environ, **_COMMON, **led, **more, functions.DIRECT: resources.endpoint}
    environment |= {"CHAOS_SEED": str(weather.seed), functions.SWEEPS: "2"}
    try:
        running = Functions(environment, directory, _COUNTS)
        try:
            running.wait()
            owners.append(running.kill_owner)
            stripe.webhook = f"http://127.0.0.1:{running.port}/v1/stripe/webhook"
            yield Services(url, resources, stripe, proxies, running, environment)
        finally:
            stripe.webhook = None
            running.stop()
            if kept := os.environ.get("CHAOS_LOG"):
                shutil.copy(running.log, kept)
    finally:
        for each in proxies.values():
            each.close()
        stripe.close()
        shutil.rmtree(directory, ignore_errors=True)


def _shorten(resources: Resources, seconds: int) -> None:
    """What a process has taken that dies comes back in seconds."""
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    for url in (resources.tasks_url, resources.files_url):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})


def _hastened(message: HttpMessage) -> HttpMessage:
    """A task that failed is tried again in seconds, whatever its delay."""
    if aws_kind(message) != "sqs ChangeMessageVisibility":
        return message
    body = json.loads(message.body)
    body["VisibilityTimeout"] = min(body["VisibilityTimeout"], _LONGEST_DELAY)
    return message.with_body(json.dumps(body).encode())


def _published(resources: Resources) -> Callable[[HttpMessage], None]:
    """SES publishes that it took a mail, whether or not its answer is heard."""

    def publish(key: str) -> None:
        with suppress(*_failures()):  # as the run ends
            mail = {"to": [], "headers": {"message-id": key}}
            mail_events.publish(resources, mail_events.event_of(mail, "send"))

    def done(message: HttpMessage) -> None:
        if aws_kind(message) == "ses SendRawEmail":
            threading.Thread(target=publish, args=(id_of_mail(message.body),), daemon=True).start()

    return done


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def move_clock(services: Services, seconds: float) -> None:
    """Set how far the clock of the functions, and of the database as they see it, is ahead."""
    path = Path(services.environment[local_clock.FILE])
    with database.connected(services.url) as connection:
        connection.run("UPDATE local_clock.ahead SET seconds = :seconds", seconds=seconds)
    path.with_suffix(".new").write_text(str(seconds))
    path.with_suffix(".new").replace(path)


__all__ = ["Server", "Services", "behind_proxies", "move_clock", "own_services"]
