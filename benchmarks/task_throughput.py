"""Throughput of tasks through the outbox relay and the worker, in batches of ten."""

import time
from typing import Any

import app
from benchmarks.ours import NOTHING
from chalicelib import db, outbox
from chalicelib.settings import settings
from devstack import aws_stand_in, pump
from devstack.gateway import LambdaContext

_MESSAGES, _BATCH = 300, 10


def empty(sqs: Any, queue: str) -> None:
    """Delete the messages that wait. SQS purges a queue at most once a minute, too rarely for two of us."""
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_BATCH).get("Messages"):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)


def measured(contestant: Any) -> dict[str, float]:
    """Messages a second, and ms for each, of both. Runs in the worker."""
    relay = contestant.relay
    relay(100_000)  # what the race has left
    queue = settings().tasks_queue_url
    sqs = aws_stand_in.client("sqs", settings().aws_endpoint_url)
    empty(sqs, queue)
    with db.transaction() as session:
        for number in range(_MESSAGES):
            outbox.add(session, NOTHING, {"session_id": number})
        session.info["after_commit"] = []  # the relay is run by hand, below
    began = time.perf_counter()
    sent = relay(_MESSAGES)
    relayed = time.perf_counter() - began
    done, worked = 0, 0.0
    while done < sent:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_BATCH, AttributeNames=["All"])
        batch = messages.get("Messages", [])
        if not batch:
            break
        event = pump.queue_event(batch, queue)
        began = time.perf_counter()
        answer = app.tasks(event, LambdaContext("tasks", seconds=120))
        worked += time.perf_counter() - began
        if answer["batchItemFailures"]:
            raise AssertionError(f"tasks failed: {answer}")
        done += len(batch)
        for message in batch:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return {
        "messages": done,
        "relay per second": sent / relayed,
        "relay ms": relayed / sent * 1000,
        "worker per second": done / worked,
        "worker ms": worked / done * 1000,
    }
