"""What goes wrong while people's data is at hand: in tasks, in requests, in checks."""

import logging

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib import aws, db, health, outbox, signals
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks import TASKS, PermanentFailure, task
from tests.support.documents import document
from tests.tasks import messages
from tests.telemetry.story import Story


class Failures(Story):
    """Each method is one failure; the database is not to be used afterwards."""

    def all(self, email: str, order: str, buyer: str) -> None:
        """Every failure, around an account's e-mail and the address of an order with its buyer's token."""
        self.fail_tasks(email)
        self.fail_requests(email, order, buyer)
        self.fail_checks()

    def fail_tasks(self, email: str) -> None:
        """Tasks whose exceptions quote people, a message nobody can read, and a mail that is refused."""
        name = "Zebedee Quillfeather"

        def quote(session: Session, email: str) -> None:
            raise RuntimeError(f"{name} <{email}> does not want that")

        def double(session: Session, email: str) -> None:
            session.execute(insert(User).values(email=email))

        def never(session: Session, email: str) -> None:
            raise PermanentFailure(f"{name} <{email}> has left")

        for run in (quote, double, never):
            task(f"audit_{run.__name__}", attempts=2, delays=(0,))(run)
        try:
            for run in (quote, double, never):
                with db.transaction() as session:
                    outbox.add(session, f"audit_{run.__name__}", {"email": email})
            messages.send(messages.message(task=name))
            messages.send(messages.message(format=name, arguments={"who": email}))
            messages.send(email)
            self.pump.everything()
        finally:
            for run in (quote, double, never):
                del TASKS[f"audit_{run.__name__}"]
        self.environment.setenv("MAIL_FROM", self.planted.plant("sender", "nobody@unverified-owl.example"))
        settings.cache_clear()
        assert (
            self.ask("POST", "/v1/auth/resend-verification-email", {"data": {"email": email}}).status == 200
        )
        sent = {
            "email": self.planted.plant("another e-mail", "isolde@pumpernickel.example"),
            "password": "a" * 12,
        }
        assert self.ask("POST", "/v1/users", document("user", sent)).status == 201
        self.pump.everything()

    def fail_requests(self, email: str, order: str, buyer: str) -> None:
        """An e-mail that is taken, a listener that fails, and tables that are not as they should be."""
        sent = {"email": email, "password": "a" * 12}
        assert self.ask("POST", "/v1/users", document("user", sent)).status == 409

        home = "17 Whistlebrook Crescent"

        def fail(_session: object, **_payload: object) -> None:
            raise RuntimeError(f"no mail for {email}, who lives in {home}")

        sent["email"] = self.planted.plant("third e-mail", "barnaby@crumpet-lane.example")
        with signals.temporary_receiver("user.created", fail):
            assert self.ask("POST", "/v1/users", document("user", sent)).status == 500
        self.database.run("ALTER TABLE users DROP COLUMN billing_city")
        assert self.ask("POST", "/v1/users", document("user", sent)).status == 500
        self.database.run("ALTER TABLE orders DROP COLUMN company")
        assert self.ask("GET", order, token=buyer).status == 500
        logging.getLogger("a.library").warning("cannot reach %s", f"{home} or {email}")

    def fail_checks(self) -> None:
        """Checks and sweeps, with a database that answers and with one that does not."""
        self.pump.tick("probe_health")
        self.pump.tick("sweep_outbox")
        secret = self.planted.plant("password of the database", "earl-grey-4-two")
        self.environment.setenv("DATABASE_URL", f"postgresql://ada:{secret}@127.0.0.1:9/tea")
        for forget in (settings.cache_clear, db.forget, aws.forget, health.forget):
            forget()
        self.pump.tick("probe_health")
        assert self.ask("GET", "/v1/events").status >= 500
