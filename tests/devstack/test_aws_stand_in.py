"""The stand-in for AWS begins anew in one request, with the resources that the requests of AWS would make."""

from typing import Any

import pytest

from devstack import aws_stand_in
from devstack.aws_stand_in import Resources


def described(resources: Resources) -> dict[str, Any]:
    """What AWS says about the bucket, its queues and who may send mails."""
    s3, sqs, ses = (aws_stand_in.client(name, resources.endpoint) for name in ("s3", "sqs", "ses"))
    urls = (resources.tasks_url, resources.dead_letters_url, resources.files_url)
    answers = {
        "buckets": s3.list_buckets()["Buckets"],
        "place": s3.get_bucket_location(Bucket=resources.bucket)["LocationConstraint"],
        "events": s3.get_bucket_notification_configuration(Bucket=resources.bucket)["QueueConfigurations"],
        "origins": s3.get_bucket_cors(Bucket=resources.bucket)["CORSRules"],
        "objects": s3.list_objects_v2(Bucket=resources.bucket)["KeyCount"],
        "queues": sorted(sqs.list_queues()["QueueUrls"]),
        "attributes": [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls
        ],
        "senders": ses.list_identities()["Identities"],
        "mails": aws_stand_in.mails(resources.endpoint),
    }
    shown: dict[str, Any] = without_times(answers)
    return shown


def without_times(value: Any) -> Any:
    """The value without times and generated ids, at any depth."""
    varying = {"CreationDate", "CreatedTimestamp", "LastModifiedTimestamp", "Id"}
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in varying}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("stand_in")
def test_it_begins_anew_with_what_the_requests_of_aws_would_make(aws_endpoint: str) -> None:
    aws_stand_in.reset(aws_endpoint)
    expected = aws_stand_in.create_resources(aws_endpoint, "test-files")
    by_requests = described(expected)
    s3, sqs = (aws_stand_in.client(name, aws_endpoint) for name in ("s3", "sqs"))
    s3.put_object(Bucket=expected.bucket, Key="incoming/1", Body=b"1")
    s3.create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": aws_stand_in.REGION})
    sqs.send_message(QueueUrl=expected.tasks_url, MessageBody="{}")
    aws_stand_in.client("ses", aws_endpoint).send_email(
        Source=aws_stand_in.MAIL_FROM,
        Destination={"ToAddresses": ["ada@example.org"]},
        Message={"Subject": {"Data": "Tea"}, "Body": {"Text": {"Data": "At four."}}},
    )
    (mail,) = aws_stand_in.mails(aws_endpoint)
    assert (mail["to"], mail["subject"], mail["text"]) == (["ada@example.org"], "Tea", "At four.")

    anew = aws_stand_in.begin_anew(aws_endpoint, "test-files")

    assert anew == expected
    assert described(anew) == by_requests
    s3.put_object(Bucket=anew.bucket, Key="incoming/2", Body=b"2")
    s3.put_object(Bucket=anew.bucket, Key="media/2", Body=b"2")
    events = sqs.receive_message(QueueUrl=anew.files_url, MaxNumberOfMessages=10)["Messages"]
    assert "incoming%2F2" in "".join(event["Body"] for event in events)
    assert "media%2F2" not in "".join(event["Body"] for event in events)
