"""Brings to the handlers what AWS would: queue messages, news of the bucket, and clock ticks.

Each function here does one round and returns; pump_process repeats them for ever.
The events have the shape that Lambda receives.
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
# Why an object appeared, in the words of EventBridge, by the name S3 uses towards a queue.
_REASONS = {"Put": "PutObject", "Post": "PostObject", "Copy": "CopyObject"}


def deliver_tasks(app: Any, resources: Resources, wait: int = 0) -> int:
    """Bring up to ten task messages to app.tasks; how many there were.

    What the handler does not report as failed is deleted; the rest comes back when its time
    has come. An exception leaves all of them, as in Lambda. `wait` is in seconds, 0 to 20.
    """
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    messages = _receive(sqs, resources.tasks_url, wait)
    if not messages:
        return 0
    answer = app.tasks(queue_event(messages, resources.tasks_url), LambdaContext("tasks"))
    failed = {one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", ())}
    for message in messages:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=resources.tasks_url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def deliver_files(app: Any, resources: Resources, wait: int = 0) -> int:
    """Bring news of objects under incoming/ to app.files, one event each; how many there were.

    An event whose handler raises comes back later.
    """
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    delivered = 0
    for message in _receive(sqs, resources.files_url, wait):
        for record in json.loads(message["Body"]).get("Records", ()):  # none in S3's test message
            app.files(object_created_event(record), LambdaContext("files"))
            delivered += 1
        sqs.delete_message(QueueUrl=resources.files_url, ReceiptHandle=message["ReceiptHandle"])
    return delivered


def tick(app: Any, clock: str) -> None:
    """Let one clock of app.py strike: "sweep_outbox" or "probe_health"."""
    getattr(app, clock)(scheduled_event(clock), LambdaContext(clock))


def deliver_everything(app: Any, resources: Resources, rounds: int = 20) -> int:
    """Deliver files and tasks, and what follows from them, until nothing is visible; how many."""
    total = 0
    for _ in range(rounds):
        count = deliver_files(app, resources) + deliver_tasks(app, resources)
        if not count:
            break
        total += count
    return total


def queue_event(messages: list[Mapping[str, Any]], queue_url: str) -> Event:
    """Messages as SQS's client receives them, as the event that Lambda's poller makes of them."""
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
    """A record of S3's notification to a queue, as EventBridge's "Object Created" event.

    Keys are encoded in the former and plain in the latter.
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
    """What EventBridge sends when a schedule strikes."""
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
