"""Queues, bucket, roles and alarms of the template, made in the stand-in for AWS and looked at there."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.paper_store import TICKETS
from chalicelib.task_results import RESULTS
from chalicelib.uploads.upload import INCOMING
from devstack import aws_stand_in
from tests.deploy.given import FUNCTIONS, PLAIN, resolved

STACK = "ours"
# What the stand-in's CloudFormation can make, and that refers to nothing which it cannot.
_MADE = {"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::Logs::LogGroup"}
_MADE |= {"AWS::IAM::ManagedPolicy"}


@pytest.fixture
def made(translated: dict[str, Any], aws_endpoint: str) -> Mapping[str, str]:
    """The physical names of what the stand-in has made of the template, by logical names."""
    aws_stand_in.reset(aws_endpoint)
    wanted = resolved(translated, PLAIN)
    resources = {
        name: value
        for name, value in translated["Resources"].items()
        if name in wanted and value["Type"] in _MADE
    }
    stack = {name: translated[name] for name in ("AWSTemplateFormatVersion", "Parameters", "Conditions")}
    cloudformation = aws_stand_in.client("cloudformation", aws_endpoint)
    cloudformation.create_stack(
        StackName=STACK,
        # SES's configuration set, which the stand-in does not make, is named in a policy.
        TemplateBody=json.dumps({**stack, "Resources": resources}).replace("${MailEvents}", "mail-events"),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PLAIN.items()],
    )
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    names = {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in found}
    assert names.keys() == resources.keys()
    return names


def _attributes(endpoint: str, url: str) -> dict[str, str]:
    sqs = aws_stand_in.client("sqs", endpoint)
    return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def test_what_is_received_too_often_goes_to_the_dead_letters(
    made: Mapping[str, str], aws_endpoint: str, translated: dict[str, Any]
) -> None:
    tasks = _attributes(aws_endpoint, made["TasksQueue"])
    dead = _attributes(aws_endpoint, made["DeadLetters"])
    redrive = json.loads(tasks["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 30}
    timeout = resolved(translated, PLAIN)["Tasks"]["Properties"]["Timeout"]
    assert int(tasks["VisibilityTimeout"]) >= 6 * timeout
    for queue in (tasks, dead):
        assert queue["SqsManagedSseEnabled"] == "true"
        assert int(queue["MessageRetentionPeriod"]) == 14 * 24 * 3600


def test_our_own_attempts_end_before_the_queues(made: Mapping[str, str], aws_endpoint: str) -> None:
    import app  # noqa: F401 - knows every task
    from chalicelib.tasks.registry import TASKS

    receives = json.loads(_attributes(aws_endpoint, made["TasksQueue"])["RedrivePolicy"])["maxReceiveCount"]
    assert max(task.attempts for task in TASKS.values()) < receives


def test_a_dead_letter_travels_there(made: Mapping[str, str], aws_endpoint: str) -> None:
    sqs = aws_stand_in.client("sqs", aws_endpoint)
    sqs.send_message(QueueUrl=made["TasksQueue"], MessageBody="poison")
    for _ in range(31):
        for message in sqs.receive_message(QueueUrl=made["TasksQueue"]).get("Messages", ()):
            sqs.change_message_visibility(
                QueueUrl=made["TasksQueue"], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
    (dead,) = sqs.receive_message(QueueUrl=made["DeadLetters"])["Messages"]
    assert dead["Body"] == "poison"


def test_each_function_has_a_role_in_its_name(made: Mapping[str, str], aws_endpoint: str) -> None:
    iam = aws_stand_in.client("iam", aws_endpoint)
    for role in FUNCTIONS.values():
        trust = iam.get_role(RoleName=made[role])["Role"]["AssumeRolePolicyDocument"]
        assert "lambda.amazonaws.com" in str(trust)
        assert iam.list_role_policies(RoleName=made[role])["PolicyNames"] == [
            role.removesuffix("Role").lower()
        ]
    logs = aws_stand_in.client("logs", aws_endpoint).describe_log_groups()["logGroups"]
    assert {log["logGroupName"]: log["retentionInDays"] for log in logs} == {
        f"/aws/apigateway/{STACK}": 30,
        **{
            f"/aws/lambda/{STACK}-{item}": 30
            for item in ("api", "tasks", "files", "sweep", "probe", "migrate")
        },
    }


def _cors_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule in the words of the S3 API."""
    return {**{key: value for key, value in rule.items() if key != "MaxAge"}, "MaxAgeSeconds": rule["MaxAge"]}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule in the words of the S3 API."""
    named = {"ID": rule["Id"], "Status": rule["Status"], "Prefix": rule.get("Prefix", "")}
    if "ExpirationInDays" in rule:
        named["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        named["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "NoncurrentVersionExpiration" in rule:
        days = int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        named["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "AbortIncompleteMultipartUpload" in rule:
        named["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return named


@pytest.fixture
def bucket(made: Mapping[str, str], aws_endpoint: str, translated: dict[str, Any]) -> str:
    """The bucket, with the settings that the stand-in's CloudFormation passes over."""
    name, s3 = made["FilesBucket"], aws_stand_in.client("s3", aws_endpoint)
    told = resolved(translated, PLAIN)["FilesBucket"]["Properties"]
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=told["PublicAccessBlockConfiguration"]
    )
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=told["OwnershipControls"])
    cors = [_cors_rule(rule) for rule in told["CorsConfiguration"]["CorsRules"]]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": cors})
    rules = [_lifecycle_rule(rule) for rule in told["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    assert told["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


def test_the_bucket_is_private_and_encrypted(bucket: str, aws_endpoint: str) -> None:
    s3 = aws_stand_in.client("s3", aws_endpoint)
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert blocked == dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (owner,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_the_bucket_is_not_spoken_to_in_plain_text(
    bucket: str, aws_endpoint: str, translated: dict[str, Any]
) -> None:
    s3 = aws_stand_in.client("s3", aws_endpoint)
    s3.put_object(Bucket=bucket, Key="media/before", Body=b"x")
    policy = resolved(translated, PLAIN)["FilesBucketPolicy"]["Properties"]["PolicyDocument"]
    written = json.dumps(policy).replace("FilesBucket.Arn", f"arn:aws:s3:::{bucket}")
    s3.put_bucket_policy(Bucket=bucket, Policy=written)
    with pytest.raises(
        s3.exceptions.ClientError, match="Forbidden"
    ):  # the stand-in has no TLS, and heeds no conditions
        s3.put_object(Bucket=bucket, Key="media/after", Body=b"x")


def test_browsers_may_post_and_read_and_leftovers_are_forgotten(bucket: str, aws_endpoint: str) -> None:
    s3 = aws_stand_in.client("s3", aws_endpoint)
    allowed = [
        (rule["AllowedMethods"], rule["AllowedOrigins"], rule["AllowedHeaders"])
        for rule in s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    ]
    assert allowed == [(["POST"], ["*"], ["*"]), (["GET", "HEAD"], ["*"], ["*"])]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    expiring = {
        rule["Prefix"]: rule["Expiration"]["Days"] for rule in rules if "Days" in rule.get("Expiration", ())
    }
    assert expiring == {INCOMING: 1, RESULTS: 1, TICKETS: 30}
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


def test_only_what_is_incoming_wakes_the_function(
    bucket: str, aws_endpoint: str, translated: dict[str, Any]
) -> None:
    sqs, events = aws_stand_in.client("sqs", aws_endpoint), aws_stand_in.client("events", aws_endpoint)
    news = sqs.create_queue(QueueName="news")["QueueUrl"]
    pattern = resolved(translated, PLAIN)["FilesFilesEvent"]["Properties"]["EventPattern"]
    written = json.dumps(pattern).replace("FilesBucket.Ref", bucket)
    events.put_rule(Name="files", EventPattern=written)
    arn = _attributes(aws_endpoint, news)["QueueArn"]
    events.put_targets(Rule="files", Targets=[{"Id": "news", "Arn": arn}])

    for key in ("incoming/one", "media/two"):
        aws_stand_in.client("s3", aws_endpoint).put_object(Bucket=bucket, Key=key, Body=b"x")

    told = sqs.receive_message(QueueUrl=news, MaxNumberOfMessages=10).get("Messages", ())
    assert [json.loads(item["Body"])["detail"]["object"]["key"] for item in told] == ["incoming/one"]


def test_origins_are_a_parameter(translated: dict[str, Any]) -> None:
    given = {**PLAIN, "WebOrigins": "https://a.example.org,https://b.example.org"}
    post, read = resolved(translated, given)["FilesBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert post["AllowedOrigins"] == ["https://a.example.org", "https://b.example.org"]
    assert read["AllowedMethods"] == ["GET", "HEAD"]


def test_alarms_are_taken_as_they_are_written(
    made: Mapping[str, str], aws_endpoint: str, translated: dict[str, Any]
) -> None:
    cloudwatch = aws_stand_in.client("cloudwatch", aws_endpoint)
    resources = resolved(translated, PLAIN)
    written = {
        name: value["Properties"]
        for name, value in resources.items()
        if value["Type"] == "AWS::CloudWatch::Alarm"
    }
    for name, properties in written.items():
        cloudwatch.put_metric_alarm(
            AlarmName=name, **{**properties, "AlarmActions": [made["Alarms"]], "OKActions": [made["Alarms"]]}
        )
    found = {
        metricalarm["AlarmName"]: metricalarm
        for metricalarm in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
    }
    assert found.keys() == written.keys()
    for name, properties in written.items():
        assert properties["AlarmActions"] == properties["OKActions"] == ["Alarms.Ref"]
        for key in (
            "MetricName",
            "Namespace",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "Period",
        ):
            assert found[name][key] == properties[key], (name, key)
        assert found[name]["AlarmActions"] == [made["Alarms"]]


def test_the_dashboard_is_one_that_can_be_shown(aws_endpoint: str, translated: dict[str, Any]) -> None:
    cloudwatch = aws_stand_in.client("cloudwatch", aws_endpoint)
    dashboard = resolved(translated, PLAIN)["Dashboard"]["Properties"]
    cloudwatch.put_dashboard(**dashboard)
    found = json.loads(cloudwatch.get_dashboard(DashboardName="open-event")["DashboardBody"])
    assert len(found["widgets"]) == 8


def test_former_versions_of_files_are_kept_as_long_as_backups_of_their_rows(
    bucket: str, aws_endpoint: str, translated: dict[str, Any]
) -> None:
    given = {**PLAIN, "BackupDays": "9", "ReplicaBucketArn": "arn:aws:s3:::elsewhere"}
    told = resolved(translated, given)["FilesBucket"]["Properties"]
    assert told["VersioningConfiguration"] == {"Status": "Enabled"}
    (copied,) = told["ReplicationConfiguration"]["Rules"]
    assert copied["Destination"] == {"Bucket": "arn:aws:s3:::elsewhere"}
    assert "ReplicationRole" in resolved(translated, given)
    kept = {
        rule.get("Prefix", ""): int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        for rule in told["LifecycleConfiguration"]["Rules"]
        if "NoncurrentVersionExpiration" in rule
    }
    assert kept == {INCOMING: 1, RESULTS: 1, "": 9}
    without = resolved(translated, PLAIN)
    assert "ReplicationConfiguration" not in without["FilesBucket"]["Properties"]
    assert "ReplicationRole" not in without
    rules = aws_stand_in.client("s3", aws_endpoint).get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert len(rules) == len(told["LifecycleConfiguration"]["Rules"])
