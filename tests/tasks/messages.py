"""Messages as they lie in the queues of a test."""

import json
import uuid
from typing import Any

from chalicelib import aws
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from devstack.pump import queue_event

EMPTY = {"visible": 0, "in_flight": 0, "delayed": 0, "dead": 0}


def send(body: str) -> None:
    """Put a message into the task queue, past the outbox."""
    aws.sqs().send_message(QueueUrl=settings().tasks_queue_url, MessageBody=body)


def message(task: Any = "take_note", **changes: Any) -> str:
    """A good message, except for the changes."""
    good = {"format": 1, "id": str(uuid.uuid4()), "task": task, "arguments": {"note": "hello"}, "trace": "t"}
    return json.dumps({**good, **changes})


def dead_letters() -> list[tuple[str, str]]:
    """Body and reason of each dead letter."""
    answer = aws.sqs().receive_message(
        QueueUrl=settings().dead_letters_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    found = answer.get("Messages", ())
    return [(item["Body"], item["MessageAttributes"]["reason"]["StringValue"]) for item in found]


def received(resources: Resources) -> dict[str, Any]:
    """The event that Lambda would get now."""
    answer = aws.sqs().receive_message(
        QueueUrl=resources.tasks_url, MaxNumberOfMessages=10, AttributeNames=["All"]
    )
    return queue_event(list(answer["Messages"]), resources.tasks_url)


def queued() -> list[dict[str, Any]]:
    """The bodies of the messages that are visible in the task queue."""
    answer = aws.sqs().receive_message(QueueUrl=settings().tasks_queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]
