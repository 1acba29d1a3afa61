"""The pump delivers as AWS does: failures come back, successes do not, and nothing stops it."""

from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import CloudWatchEvent, SQSEvent

from devstack import aws_stand_in, pump
from devstack.aws_stand_in import Resources
from devstack.pump_process import repeat


def test_only_failed_messages_stay_in_the_queue(stand_in: Resources) -> None:
    send(stand_in, "good", "bad", "good")

    def tasks(event: dict[str, Any], context: object) -> dict[str, Any]:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}

    assert pump.deliver_tasks(SimpleNamespace(tasks=tasks), stand_in) == 3
    assert held(stand_in) == 1


def test_a_handler_that_raises_keeps_the_whole_batch(stand_in: Resources) -> None:
    send(stand_in, "one", "two")

    def tasks(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError):
        pump.deliver_tasks(SimpleNamespace(tasks=tasks), stand_in)
    assert held(stand_in) == 2


def test_a_message_that_fails_every_time_becomes_a_dead_letter(stand_in: Resources) -> None:
    send(stand_in, "poison")
    sqs = aws_stand_in.client("sqs", stand_in.endpoint)
    sqs.set_queue_attributes(QueueUrl=stand_in.tasks_url, Attributes={"VisibilityTimeout": "0"})

    def tasks(event: dict[str, Any], context: object) -> dict[str, Any]:
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}

    rounds = 0
    while pump.deliver_tasks(SimpleNamespace(tasks=tasks), stand_in):
        rounds += 1
        assert rounds < 40
    assert len(sqs.receive_message(QueueUrl=stand_in.dead_letters_url)["Messages"]) == 1


def test_a_new_object_is_announced_once_with_its_plain_key_and_copies_are_not(stand_in: Resources) -> None:
    s3 = aws_stand_in.client("s3", stand_in.endpoint)
    s3.put_object(Bucket=stand_in.bucket, Key="incoming/a b+ü.txt", Body=b"123")
    s3.put_object(Bucket=stand_in.bucket, Key="media/other.txt", Body=b"123")
    seen: list[CloudWatchEvent] = []
    handlers = SimpleNamespace(files=lambda event, context: seen.append(CloudWatchEvent(event, context)))

    assert pump.deliver_files(handlers, stand_in) == 1
    assert pump.deliver_files(handlers, stand_in) == 0
    assert seen[0].detail_type == "Object Created"
    assert seen[0].detail["object"]["key"] == "incoming/a b+ü.txt"
    assert seen[0].detail["object"]["size"] == 3
    assert seen[0].detail["reason"] == "PutObject"


def test_events_have_the_shape_that_chalice_expects(stand_in: Resources) -> None:
    send(stand_in, "hello")
    seen: list[str] = []

    def tasks(event: dict[str, Any], context: object) -> None:
        seen.extend(record.body for record in SQSEvent(event, context))

    pump.deliver_tasks(SimpleNamespace(tasks=tasks), stand_in)
    assert seen == ["hello"]
    assert CloudWatchEvent(pump.scheduled_event("probe_health"), None).detail_type == "Scheduled Event"


def test_the_pump_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("devstack.pump_process.time.sleep", waits.append)
    rounds = iter([OSError("gone"), OSError("gone"), None, OSError("gone"), None])
    left = 5

    def one_round() -> None:
        nonlocal left
        left -= 1
        problem = next(rounds)
        if problem:
            raise problem

    repeat(one_round, stop=lambda: left == 0)
    assert waits == [1.0, 2.0, 1.0]


def send(resources: Resources, *bodies: str) -> None:
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    for body in bodies:
        sqs.send_message(QueueUrl=resources.tasks_url, MessageBody=body)


def held(resources: Resources) -> int:
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    found = sqs.get_queue_attributes(QueueUrl=resources.tasks_url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])
