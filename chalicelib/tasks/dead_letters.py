"""The dead letter queue: count, redrive or purge messages that could not be processed."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from chalicelib import aws
from chalicelib.settings import NotConfigured, settings

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_BATCH = 10  # the limit of SQS
_EMPTY_LOOKS = 3  # SQS samples its servers: one empty response does not mean that the queue is empty


def count() -> int:
    """The approximate number of dead letters."""
    answer = aws.sqs().get_queue_attributes(
        QueueUrl=_dead_letters(), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def redrive(said: Callable[[int], None]) -> int:
    """Move all of them to the task queue; returns how many. `said` is called with the progress.

    A crash in between duplicates one message, which tasks tolerate.
    """
    queue = settings().tasks_queue_url
    if not queue:
        raise NotConfigured("TASKS_QUEUE_URL is not set")
    done = 0
    for message in _messages():
        aws.sqs().send_message(QueueUrl=queue, MessageBody=message["Body"])
        _remove(message)
        done += 1
        if done % _BATCH == 0:
            said(done)
    return done


def purge(said: Callable[[int], None]) -> int:
    """Delete all of them; returns how many."""
    done = 0
    for message in _messages():
        _remove(message)
        done += 1
        if done % _BATCH == 0:
            said(done)
    return done


def _messages() -> Iterator["MessageTypeDef"]:
    empty = 0
    while empty < _EMPTY_LOOKS:
        answer = aws.sqs().receive_message(
            QueueUrl=_dead_letters(), MaxNumberOfMessages=_BATCH, VisibilityTimeout=60
        )
        messages = answer.get("Messages", [])
        empty = 0 if messages else empty + 1
        yield from messages


def _remove(message: "MessageTypeDef") -> None:
    aws.sqs().delete_message(QueueUrl=_dead_letters(), ReceiptHandle=message["ReceiptHandle"])


def _dead_letters() -> str:
    if not settings().dead_letters_url:
        raise NotConfigured("DEAD_LETTERS_URL is not set")
    return settings().dead_letters_url
