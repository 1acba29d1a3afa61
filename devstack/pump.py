"""Emulates AWS event sources: delivers SQS messages, bucket events and schedules to the handlers.

Each function does one round and returns; pump_process repeats them. Events have the shape that Lambda
receives.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from devstack import aws_stand_in
from devstack.aws_stand_in import REGION, Resources
from devstack.gateway import LambdaContext

Event = dict[str, Any]
_ACCOUNT = "123456789012"
# S3 event name -> EventBridge's reason.
_REASONS = {"Put": "PutObject", "Post": "PostObject", "Copy": "CopyObject"}


def deliver_tasks(app: Any, resources: Resources, wait: int = 0) -> int:
    """Deliver up to ten task messages to app.tasks; returns how many there were.

    Messages that the handler does not report as failed are deleted; the others reappear after their
    visibility timeout. An exception leaves all of them, as in Lambda. `wait` is in seconds, 0 to 20.
    """
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    messages = _receive(sqs, resources.tasks_url, wait)
    if not messages:
        return 0
    answer = app.tasks(queue_event(messages, resources.tasks_url), LambdaContext("tasks"))
    failed = {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", ())}
    for message in messages:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=resources.tasks_url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def deliver_files(app: Any, resources: Resources, wait: int = 0) -> int:
    """Deliver events of objects under incoming/ to app.files, one each; returns how many there were.

    An event whose handler raises is redelivered later.
    """
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    delivered = 0
    for message in _receive(sqs, resources.files_url, wait):
        for record in json.loads(message["Body"]).get("Records", ()):  # S3's test message has none
            app.files(object_created_event(record), LambdaContext("files"))
            delivered += 1
        sqs.delete_message(QueueUrl=resources.files_url, ReceiptHandle=message["ReceiptHandle"])
    return delivered


def tick(app: Any, clock: str) -> None:
    """Fire one schedule of app.py: "sweep_outbox" or "probe_health"."""
    getattr(app, clock)(scheduled_event(clock), LambdaContext(clock))


def deliver_everything(app: Any, resources: Resources, rounds: int = 20) -> int:
    """Deliver files and tasks, and what follows from them, until nothing is visible; returns how many."""
    total = 0
    for _ in range(rounds):
        files, tasks = aws_stand_in.visible(resources)
        if not files + tasks:
            break
        total += deliver_files(app, resources) if files else 0
        total += deliver_tasks(app, resources) if tasks else 0
    return total


def queue_event(messages: list[Mapping[str, Any]], queue_url: str) -> Event:
    """The Lambda event for messages received from SQS."""
    name = queue_url.rsplit("/", 1)[-1]
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(message["Body"].encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{_ACCOUNT}:{name}",
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


def object_created_event(record: Mapping[str, Any]) -> Event:
    """The EventBridge "Object Created" event for a record of S3's notification.

    Keys are URL-encoded in the notification and plain in the event.
    """
    bucket, thing = record["s3"]["bucket"], record["s3"]["object"]
    how = record["eventName"].rpartition(":")[2]
    return {
        **_envelope("Object Created", "aws.s3", record["eventTime"]),
        "resources": [bucket["arn"]],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket["name"]},
            "object": {
                "key": unquote_plus(thing["key"]),
                "size": thing["size"],
                "etag": thing["eTag"],
                "sequencer": uuid.uuid4().hex[:18].upper(),
            },
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": _ACCOUNT,
            "source-ip-address": "127.0.0.1",
            "reason": _REASONS.get(how, how),
        },
    }


def scheduled_event(clock: str) -> Event:
    """The EventBridge event of a schedule."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rule = f"arn:aws:events:{REGION}:{_ACCOUNT}:rule/{clock}"
    return {**_envelope("Scheduled Event", "aws.events", now), "resources": [rule], "detail": {}}


def _envelope(kind: str, source: str, when: str) -> Event:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": _ACCOUNT,
        "time": when,
        "region": REGION,
    }


def _receive(sqs: Any, url: str, wait: int) -> list[Mapping[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, AttributeNames=["All"]
    )
    return list(answer.get("Messages", ()))
