"""The chain of a waiting list: a ticket is cancelled, its place offered to the first of 2,000, and mailed.

Through the outbox, the queue and the worker, as in production; SQS and SES are the stand-ins.
"""

import time
from datetime import timedelta
from statistics import median
from typing import Any, Final

import app
from benchmarks import task_throughput
from benchmarks.ours import ask
from chalicelib import clock, db, signals
from chalicelib.auth import tokens
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.settings import settings
from devstack import aws_stand_in, pump
from devstack.gateway import LambdaContext

_WAITING, _CANCELLED, _BATCH = 2_000, 20, 10
_JOIN: Final = """
WITH made AS (
  INSERT INTO waiting_list_entries
    (state, name, email, quantity, takes_fewer, created_at, joined_at, event_id)
  SELECT 'unverified', 'Grace', 'waits' || n || '@example.org', 1, false, now(),
    now() + n * interval '1 ms', $1
  FROM generate_series(1, $3) AS n RETURNING id
)
INSERT INTO waiting_list_entries_tickets (waiting_list_entry_id, ticket_id) SELECT id, $2 FROM made
"""
_VERIFY: Final = "UPDATE waiting_list_entries SET state = 'waiting' WHERE event_id = $1"
_MAILED: Final = """
SELECT count(*) FROM outbox WHERE task = 'send_waiting_list_offer' AND done_at IS NOT NULL
"""


def measured(contestant: Any) -> dict[str, float]:
    """Seconds from the request that cancels until the mail with the offer is sent. Runs in the worker."""
    contestant.relay(100_000)  # what others have left
    queue = settings().tasks_queue_url
    sqs = aws_stand_in.client("sqs", settings().aws_endpoint_url)
    task_throughput.empty(sqs, queue)
    owner_id, attendees = _made()
    token = tokens.access_token(owner_id, fresh=True)
    took, asked = [], []
    for number, attendee_id in enumerate(attendees):
        began = time.perf_counter()
        ask("DELETE", f"/v1/attendees/{attendee_id}", token)
        asked.append(time.perf_counter() - began)
        while _mailed() <= number:
            contestant.relay(1_000, timedelta())
            _work(sqs, queue)
        took.append(time.perf_counter() - began)
    return {"s, median": median(took), "s, at most": max(took), "request, ms": median(asked) * 1000}


def _made() -> tuple[int, list[int]]:
    """(owner, attendees) of an event that is sold out, and for which people wait."""
    now = clock.now().replace(microsecond=0)
    with signals.muted(), db.transaction() as session:
        owner = User(email="waiting-owner@example.org", is_verified=True, is_admin=True, password_hash="")
        event = Event(
            name="Sold out",
            starts_at=now + timedelta(days=30),
            ends_at=now + timedelta(days=32),
            timezone="Europe/Berlin",
            state="published",
            is_waiting_list_enabled=True,
        )
        session.add_all([owner, event])
        session.flush()
        ticket = Ticket(
            event_id=event.id,
            name="Seat",
            type="free",
            quantity=_CANCELLED,
            sales_starts_at=now - timedelta(days=1),
            sales_ends_at=now + timedelta(days=20),
        )
        session.add(ticket)
        session.flush()
        people = []
        for _ in range(_CANCELLED):
            order = Order(
                event_id=event.id, user_id=owner.id, amount=0, status="completed", payment_mode="free"
            )
            session.add(order)
            session.flush()
            people.append(Attendee(event_id=event.id, order_id=order.id, ticket_id=ticket.id))
        session.add_all(people)
        session.flush()
        db.fetch(session, _JOIN, [event.id, ticket.id, _WAITING])
        db.fetch(session, _VERIFY, [event.id])
        return owner.id, [person.id for person in people]


def _mailed() -> int:
    with db.transaction() as session:
        return int(db.fetch(session, _MAILED)[0][0])


def _work(sqs: Any, queue: str) -> None:
    """One batch of messages, as the worker gets them."""
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_BATCH, AttributeNames=["All"])
    batch = answer.get("Messages", [])
    if batch:
        if app.tasks(pump.queue_event(batch, queue), LambdaContext("tasks", seconds=120))[
            "batchItemFailures"
        ]:
            raise AssertionError("tasks failed")
        for message in batch:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
