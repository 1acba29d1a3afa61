"""`make bulk-mail`: one bulk mail to ROWS (100,000) attendees by a process that is killed twice on its way.

`make bench` has it with fewer, and so as JSON (--json).

SES is this process, so that it knows which mails it took, and publishes so after each kill, as SES would. At
the end each attendee has exactly one mail.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, Final

from benchmarks import numbers
from benchmarks.rows import copy_rows
from chalicelib import clock, db, outbox, signals
from chalicelib.resources.mails.bulk_mail.bulk_mail import BulkMail
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.settings import settings
from chalicelib.tasks import bulk_mails
from devstack import aws_stand_in, database, mail_events, postgres
from devstack.aws_stand_in import Resources
from devstack.pump_process import resources_from_environment
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.user import make_user

_KILLED_AT: Final = (1 / 3, 2 / 3)  # shares of the mails
_VISIBLE_AGAIN: Final = "30"  # seconds: what a killed process had taken, which are 12 minutes in AWS
_DOUBT: Final = timedelta(seconds=20)
_DOING: Final = "SELECT state FROM bulk_mails"
_LENGTH: Final = 8


class Ses:
    """SES as a socket: a raw mail in, an id out. It counts the mails by recipient."""

    def __init__(self, path: str) -> None:
        self.taken: Counter[str] = Counter()
        self.last: dict[str, Any] = {}
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with suppress(OSError), connection, connection.makefile("rb") as stream:  # it may be killed
                while length := stream.read(_LENGTH):
                    headers = BytesHeaderParser().parsebytes(stream.read(int(length)))
                    self.taken[headers["To"]] += 1
                    self.last = {"to": [headers["To"]], "headers": {"message-id": headers["Message-ID"]}}
                    connection.sendall(b"taken\n")


class Asking:
    """The client of Ses, in place of boto3's."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._answers = self._socket.makefile("rb")

    def send_raw_email(self, *, RawMessage: dict[str, bytes], **_: object) -> dict[str, str]:
        content = RawMessage["Data"]
        self._socket.sendall(str(len(content)).zfill(_LENGTH).encode() + content)
        return {"MessageId": self._answers.readline().decode().strip()}


def work(path: str) -> None:
    """The process of the tasks: until the mail is sent, or it is killed."""
    import app
    from chalicelib import aws
    from chalicelib.tasks import send_bulk_mail_share
    from devstack import pump

    asking: Any = Asking(path)
    aws.ses = lambda: asking  # type: ignore[assignment]
    send_bulk_mail_share.DOUBT = _DOUBT  # type: ignore[misc]
    resources, swept = resources_from_environment(), 0.0
    while True:
        if time.monotonic() - swept > 5:
            outbox.relay()
            swept = time.monotonic()
        if not pump.deliver_tasks(app, resources, 1):
            with db.transaction() as session:
                if db.fetch(session, _DOING)[0][0] == "sent":
                    break
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main(*, as_json: bool = False) -> int:
    """Make the rows, send, and print what it took: about ten minutes. 1 unless each has one mail."""
    rows = numbers.whole("ROWS", 100_000)
    with tempfile.TemporaryDirectory() as folder, postgres.temporary() as server:
        stand_in = aws_stand_in.start(Path(folder) / "aws.log")
        try:
            stand_in.wait()
            database.create_if_missing(server.url("postgres"), "mail")
            os.environ["DATABASE_URL"] = server.url("mail")
            database.migrate(server.url("mail"))
            resources = aws_stand_in.create_resources(stand_in.endpoint, "mail", 100)
            os.environ |= {**resources.environment(), "MAIL_CONFIGURATION_SET": "mails"}
            settings.cache_clear()
            queue = {"VisibilityTimeout": _VISIBLE_AGAIN}
            sqs = aws_stand_in.client("sqs", stand_in.endpoint)
            sqs.set_queue_attributes(QueueUrl=resources.tasks_url, Attributes=queue)
            _begin(server.url("mail"), rows)
            figures = _measured(resources, rows, str(Path(folder) / "ses"))
        finally:
            stand_in.stop()
    print(json.dumps(figures) if as_json else _in_words(rows, figures))
    return int(bool(figures["recipients without one mail"] or figures["recipients with more"]))


def _measured(resources: Resources, rows: int, path: str) -> dict[str, float]:
    ses = Ses(path)
    command = [sys.executable, "-m", "benchmarks.bulk_mail", path]
    began = time.monotonic()
    for share in _KILLED_AT:
        child = subprocess.Popen(command)
        while child.poll() is None and len(ses.taken) < rows * share:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        mail_events.publish(resources, mail_events.event_of(ses.last, "send"))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began
    twice = sum(count != 1 for count in ses.taken.values())
    return {
        "mails per second": round(rows / seconds, 1),
        "seconds": round(seconds),
        "MB of memory": float(done.stdout.split()[-1]),
        "recipients without one mail": rows - len(ses.taken),
        "recipients with more": twice,
    }


def _in_words(rows: int, figures: dict[str, float]) -> str:
    said = ", ".join(f"{name} {value:g}" for name, value in figures.items())
    return f"{rows:,} recipients, a process killed {len(_KILLED_AT)} times: {said}"


def _begin(url: str, rows: int) -> None:
    with signals.muted(), db.transaction() as session:
        owner = make_user(session)
        event = make_event(session, owner=owner)
        order = make_order(session, event=event, status="completed")
        first = make_attendee(session, event=event, order=order, email="person.1@example.org")
    with database.connected(url) as connection:
        source = f"attendees r, generate_series(2, {rows}) n WHERE r.id = {first.id}"
        other = {"email": "'person.' || n || '@example.org'", "identifier": "md5(n::text)"}
        connection.run("SET session_replication_role = replica")  # no places are counted
        copy_rows(connection, Attendee, source, other)
        connection.run("ANALYZE")
    with db.transaction() as session:
        texts = {"audience": "attendees", "subject": "News of {event_name}", "message": "Dear {name}."}
        mail = BulkMail(**texts, event_id=event.id, state="sending", sender_id=owner.id, began_at=clock.now())
        session.add(mail)
        session.flush()
        bulk_mails.begin(session, mail.id)
    db.forget()


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            sys.exit(main())
        case ["--json"]:
            sys.exit(main(as_json=True))
        case [path]:
            work(path)
