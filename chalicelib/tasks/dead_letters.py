"""Dead letters: messages that could not be handled, put into the queue again or thrown away."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from chalicelib import aws
from chalicelib.settings import NotConfigured, settings

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_BATCH = 10  # SQS hands out no more at once
_EMPTY_LOOKS = 3  # SQS asks some of its servers: one empty answer does not mean that there is nothing


def count() -> int:
    """How many there are, about."""
    answer = aws.sqs().get_queue_attributes(
        QueueUrl=_dead_letters(), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def redrive(said: Callable[[int], None]) -> int:
    """Send each to the task queue again and then remove it; how many. `said` hears of the progress.

    Who dies in between sends one twice, and what is sent twice is done once.
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
    """Remove each for good; how many."""
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
        found = answer.get("Messages", [])
        empty = 0 if found else empty + 1
        yield from found


def _remove(message: "MessageTypeDef") -> None:
    aws.sqs().delete_message(QueueUrl=_dead_letters(), ReceiptHandle=message["ReceiptHandle"])


def _dead_letters() -> str:
    if not settings().dead_letters_url:
        raise NotConfigured("DEAD_LETTERS_URL is not set")
    return settings().dead_letters_url
