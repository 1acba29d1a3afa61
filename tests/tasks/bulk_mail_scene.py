"""An event with people to write to, and what tests of bulk mails do there."""

import json
import subprocess
import sys
from typing import Any, NamedTuple

from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump
from tests.tasks.messages import received

PROGRESS = ("state", "sent", "skipped", "failed", "remaining")
TEXT = {
    "audience": "attendees",
    "subject": "News about {event_name}",
    "message": "Dear { name },\nsee {event_link}",
}


class Scene(NamedTuple):
    client: Client
    database: TestDatabase
    pump: Pump
    owner: Any
    event: Any
    ticket: Any
    order: Any

    def attendees(self, *emails: str | None, **values: Any) -> None:
        given = {"event": self.event, "order": self.order, "ticket": self.ticket, **values}
        for email in emails:
            stored(make_attendee, email=email, firstname="Ada", lastname="{event_link}", **given)

    def written(self, **attributes: Any) -> Reply:
        sent = document("bulk-mail", {**TEXT, **attributes}, event=("event", self.event))
        return self.client.signed_in_as(self.owner).post("/v1/bulk-mails", sent)

    def draft(self, **attributes: Any) -> str:
        reply = self.written(**attributes)
        assert reply.status == 201, reply.json
        return str(reply.json["data"]["id"])

    def move(self, mail: str, *moves: str, who: Any = None) -> Reply:
        asking = self.client.signed_in_as(who or self.owner)
        replies = [
            asking.request("POST", f"/v1/bulk-mails/{mail}/{name}", content_type=None) for name in moves
        ]
        return replies[-1]

    def progress(self, mail: str) -> tuple[Any, ...]:
        shown = self.client.signed_in_as(self.owner).get(f"/v1/bulk-mails/{mail}").json["data"]
        return tuple(shown["attributes"][name] for name in PROGRESS)

    def recipients(self) -> list[str]:
        return sorted(mail["to"][0] for mail in self.pump.mails())

    def sent(self, **attributes: Any) -> list[str]:
        reply = self.move(self.draft(**attributes), "submit", "approve", "send")
        assert (reply.status, reply.json) == (200, {"state": "sending"})
        self.pump.everything()
        return self.recipients()


def joins(event: Any, role: str) -> Any:
    user = stored(make_user)
    stored(make_users_events_roles, user=user, event=event, role=role)
    return user


def make_scene(client: Client, database: TestDatabase, pump: Pump) -> Scene:
    """An event with a ticket and a completed order, and its owner."""
    owner = stored(make_user)
    event = stored(make_event, owner=owner, name="Jazz Days")
    ticket = stored(make_ticket, event=event)
    order = stored(make_order, event=event, status="completed")
    return Scene(client, database, pump, owner, event, ticket, order)


# The process dies in the window: SES has taken the second mail, and nothing was committed since.
KILLED = """
import json, os, sys
from chalicelib import aws, entrypoints, tasks
entrypoints.import_all()
ses = aws.ses()
send = ses.send_raw_email
taken = []
def send_and_die(**arguments):
    taken.append(send(**arguments))
    if len(taken) == 2:
        os._exit(9)
    return taken[-1]
ses.send_raw_email = send_and_die
tasks.run(json.load(sys.stdin))
"""


def killed_in_the_window(scene: Scene, stand_in: Resources, mail: str) -> dict[str, Any]:
    """The event of SQS on which a process has died."""
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.pump.tasks()
    event = received(stand_in)
    done = subprocess.run([sys.executable, "-c", KILLED], input=json.dumps(event).encode(), check=False)
    assert done.returncode == 9
    assert scene.progress(mail) == ("sending", 1, 0, 0, 3)
    return event
