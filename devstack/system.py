"""Supervisor of the local system: starts its parts in order, watches them, and stops them in reverse."""

import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

from devstack import (
    aws_stand_in,
    claim,
    database,
    local_clock,
    paypal_stand_in,
    pooler,
    postgres,
    processes,
    stripe_stand_in,
    video_stand_in,
)
from devstack.bucket import Archive
from devstack.options import Options
from devstack.paypal_stand_in import PayPalStandIn
from devstack.processes import Child, NotStarted
from devstack.stripe_stand_in import StripeStandIn
from devstack.video_stand_in import VideoStandIn
from devstack.workers import Workers

ROOT = Path(__file__).resolve().parent.parent
_BUCKET = "open-event-local"
_DATABASE = "open_event"
# Rate limits as in production, but higher for sign-ups, as developers create many accounts.
_ROOMY = {"LIMIT_SIGN_UP": "10000/1h"}
_SECONDS_BETWEEN_SAVES = 3.0
_REQUESTS_ROLE = "open_event"  # owns nothing, as in production
_DISTRACTING = (
    *(*aws_stand_in.ELSEWHERE, "DATABASE_URL_PARAMETER", "JWT_KEYS_PARAMETER"),
    *("MIGRATION_DATABASE_URL", "MIGRATION_DATABASE_URL_PARAMETER"),
)


class System:
    """One local system. stop() may be called at any time, and stops whatever was started."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._claim: claim.Claim | None = None
        self._postgres: postgres.Postgres | None = None
        self._pooler: pooler.Pooler | None = None
        self._aws: aws_stand_in.StandIn | None = None
        self._archive: Archive | None = None
        self._preparation: Child | None = None
        self._workers: Workers | None = None
        self._video: VideoStandIn | None = None
        self._stripe: StripeStandIn | None = None
        self._paypal: PayPalStandIn | None = None

    def start(self) -> None:
        """Start everything, until `ready`. Raises NotStarted with one clear line."""
        began = time.monotonic()
        for name in _DISTRACTING:
            os.environ.pop(name, None)
        options = self._options
        self._claim = claim.claim(options.port, options.state)
        address = f"http://127.0.0.1:{self._claim.port}"
        url = self._start_servers()
        # With an external database there is only the role in its URL.
        requests = database.in_role(url, _REQUESTS_ROLE) if self._postgres else url
        by_pooler = self._start_pooler(requests)
        databases = {"DATABASE_URL": by_pooler, **({"MIGRATION_DATABASE_URL": url} if self._postgres else {})}
        environment = self._environment(databases, address, self._fill_bucket())
        _say("bringing the schema up to date")
        database.migrate(url, requests if self._postgres else "")
        if self._postgres:
            local_clock.override(url, requests)
        _say("looking after the admin and the demo data")
        self._prepare(environment)
        _say(f"starting {options.workers} HTTP workers and the pump")
        self._workers = Workers(self._claim.listening, environment, options.logs, ROOT)
        self._workers.start(options.workers)
        self._workers.wait_until_healthy()
        _say(f"logs are in {_short(options.logs)}, sent mails at {address}/local/mails")
        _say(f"its clock is at {address}/local/clock, and can be moved ahead")
        _say(f"a web front end on this machine is built with API_HOST={address} API_NAMESPACE=v1")
        port = self._claim.port
        _say(f"an app: {address}/v1/ is its base URL; in Android's emulator http://10.0.2.2:{port}/v1/")
        _say(f"took {time.monotonic() - began:.1f} s; Ctrl-C stops everything")
        print(f"ready {address}", flush=True)

    def watch(self, asked_to_stop: Callable[[], bool]) -> None:
        """Restart workers and save the bucket; return when an essential server has ended."""
        assert self._workers
        next_save = 0.0
        while not asked_to_stop():
            for name, server in (("PostgreSQL", self._postgres), ("the stand-in for AWS", self._aws)):
                if server and not server.runs():
                    print(
                        f"{name} has ended, so all ends (see {_short(self._options.logs)})", file=sys.stderr
                    )
                    return
            self._workers.keep_alive()
            if time.monotonic() > next_save:
                self._save()
                next_save = time.monotonic() + _SECONDS_BETWEEN_SAVES
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop everything in order, keeping the data."""
        if self._preparation:
            processes.stop(self._preparation)
        if self._workers:
            self._workers.stop()
        if self._video:
            self._video.close()
        if self._stripe:
            self._stripe.close()
        if self._paypal:
            self._paypal.close()
        if self._aws:
            self._save()
            self._aws.stop()
        if self._pooler:
            self._pooler.stop()
        if self._postgres:
            self._postgres.stop()
        if self._claim:
            self._options.env_file.unlink(missing_ok=True)
            self._claim.release()

    def _start_servers(self) -> str:
        """Start the embedded PostgreSQL, if used, and the stand-in for AWS; returns the database URL."""
        options = self._options
        if options.database_url:
            _say("looking for the database of DATABASE_URL")
            database.check_reachable(options.database_url)
        _say("starting the stand-ins for AWS, BigBlueButton, Stripe and PayPal")
        self._aws = aws_stand_in.start(options.logs / "aws.log")
        self._video = VideoStandIn(video_stand_in.SECRET)
        self._stripe = StripeStandIn(state=options.state / "stripe.pickle", log=options.logs / "stripe.log")
        self._paypal = PayPalStandIn(state=options.state / "paypal.json")
        self._stripe.connect.accounts.add(stripe_stand_in.DEMO_ACCOUNT)
        if options.database_url:
            return options.database_url
        directory = options.state / "postgres"
        _say("starting PostgreSQL" if (directory / "data").exists() else "making a PostgreSQL database")
        self._postgres = postgres.start(directory)
        database.create_if_missing(self._postgres.url("postgres"), _DATABASE)
        return self._postgres.url(_DATABASE)

    def _start_pooler(self, url: str) -> str:
        """The URL by way of a pooler, where one is wanted; otherwise the same."""
        if not self._options.pooler:
            return url
        _say("starting PgBouncer: each transaction gets one of four connections")
        self._pooler = pooler.start(url, connections=4)
        return self._pooler.url(url)

    def _fill_bucket(self) -> aws_stand_in.Resources:
        assert self._aws
        self._aws.wait()
        resources = aws_stand_in.create_resources(self._aws.endpoint, _BUCKET)
        archive = Archive(self._options.state / "bucket", resources)
        count = archive.load()
        self._archive = archive  # set last: it may be saved only once it is restored
        _say(f"bucket, queues and mail are there ({count} files kept from earlier)")
        return resources

    def _environment(
        self, databases: dict[str, str], address: str, resources: aws_stand_in.Resources
    ) -> dict[str, str]:
        ours = {
            **resources.environment(),
            "STAGE": "local",
            **databases,
            "MEDIA_URL": address,
            "API_URL": address,
            "JWT_KEYS": self._options.jwt_key,
            "COOKIE_SECURE": "false",
            **self._payments(address),
        }
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in ours.items()]
        self._options.env_file.touch(mode=0o600)
        self._options.env_file.write_text("".join(lines))
        if self._postgres:
            ours[local_clock.FILE] = str(self._options.state / "clock")
        return {**_ROOMY, **os.environ, "PYTHONPATH": str(ROOT), **ours}

    def _payments(self, address: str) -> dict[str, str]:
        assert self._stripe
        assert self._paypal
        self._stripe.webhook = f"{address}/v1/stripe/webhook"
        self._paypal.webhook = f"{address}/v1/paypal/webhook"
        _say(f"paying by card: the stand-in for Stripe is at {self._stripe.url} (docs/money.md)")
        return {
            "STRIPE_API_URL": self._stripe.url,
            "STRIPE_CONNECT_URL": self._stripe.url,
            "STRIPE_WEBHOOK_SECRET": stripe_stand_in.WEBHOOK_SECRET,
            "PAYPAL_SANDBOX_API_URL": self._paypal.url,
            "PAYPAL_SANDBOX_WEBHOOK_ID": paypal_stand_in.WEBHOOK_ID,
        }

    def _prepare(self, environment: dict[str, str]) -> None:
        options = self._options
        mine = {
            "ADMIN_EMAIL": options.admin_email,
            "ADMIN_PASSWORD": options.admin_password,
            "ADMIN_PASSWORD_WAS_GIVEN": str(options.admin_password_was_given),
            "VIDEO_STAND_IN": self._video.api_url if self._video else "",
        }
        log = options.logs / "prepare.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "devstack.prepare"]
        child = processes.start(command, log=log, environment={**environment, **mine}, directory=ROOT)
        self._preparation = child
        if child.wait() != 0:
            raise NotStarted(f"preparing the data failed: {processes.last_line(log)} (see {log})")
        for line in log.read_text().splitlines():
            if line.startswith("say: "):
                _say(line.removeprefix("say: "))

    def _save(self) -> None:
        if not (self._archive and self._aws and self._aws.runs()):
            return
        try:
            self._archive.save()
        except Exception as problem:  # left to the next save
            print(f"the bucket could not be saved: {problem}", file=sys.stderr)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _say(text: str) -> None:
    print(f"  {text}", flush=True)
