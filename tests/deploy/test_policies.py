"""Each function may do what it does, and nothing else."""

from typing import Any

import pytest

from tests.deploy.given import FUNCTIONS, IN_NETWORK, PLAIN, WHOLE, resolved

INCOMING, MEDIA = "FilesBucket.Arn/incoming/*", "FilesBucket.Arn/media/*"
SENT = "FilesBucket.Arn/media/upload/*"  # files in the body of a request
RESULTS = "FilesBucket.Arn/results/*"
IMPORTS = "FilesBucket.Arn/results/imports/*"  # files to be imported
PAPERS = "FilesBucket.Arn/papers/*"
BUCKET, QUEUE, DEAD = "FilesBucket.Arn", "TasksQueue.Arn", "DeadLetters.Arn"
KEYS = "arn:aws:ssm:eu-central-1:123456789012:parameter/ours/jwt-keys"
URL = "arn:aws:ssm:eu-central-1:123456789012:parameter/ours/database-url"
TRACES = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}

# Verified against the code that calls AWS: uploads/, tasks/, outbox.py, health.py, mail.py, auth/tokens.py.
OWN = {
    "ApiRole": {
        ("s3:PutObject", INCOMING),
        ("s3:PutObject", SENT),
        ("s3:PutObject", IMPORTS),
        ("s3:GetObject", MEDIA),
        ("s3:GetObject", RESULTS),
        ("s3:GetObject", PAPERS),
        ("s3:ListBucket", BUCKET),
        ("sqs:SendMessage", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:GetQueueAttributes", DEAD),
        ("ssm:GetParameter", KEYS),
    },
    "TasksRole": {
        ("sqs:ReceiveMessage", QUEUE),
        ("sqs:DeleteMessage", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:ChangeMessageVisibility", QUEUE),
        ("sqs:SendMessage", QUEUE),
        ("sqs:SendMessage", DEAD),
        ("s3:GetObject", MEDIA),
        ("s3:PutObject", MEDIA),
        ("s3:DeleteObject", MEDIA),
        ("s3:GetObject", RESULTS),
        ("s3:PutObject", RESULTS),
        ("s3:PutObject", PAPERS),
        ("ses:SendRawEmail", "arn:aws:ses:eu-central-1:123456789012:identity/*"),
        ("ses:SendRawEmail", "arn:aws:ses:eu-central-1:123456789012:configuration-set/MailEvents.Ref"),
        ("ssm:GetParameter", KEYS),
    },
    "FilesRole": {
        ("s3:GetObject", INCOMING),
        ("s3:DeleteObject", INCOMING),
        ("s3:PutObject", MEDIA),
        ("s3:DeleteObject", MEDIA),
        ("s3:ListBucket", BUCKET),
        ("sqs:SendMessage", QUEUE),
        ("sqs:SendMessage", DEAD),
    },
    "SweepRole": {("sqs:SendMessage", QUEUE)},
    "ProbeRole": {
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:GetQueueAttributes", DEAD),
        ("s3:ListBucket", BUCKET),
    },
    "MigrateRole": set(),
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed(resources: dict[str, Any], role: str) -> set[tuple[str, str]]:
    """Every (action, resource) that a role may, by its own policies and those attached."""
    properties = resources[role]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties["Policies"]]
    attached = [resources[item.removesuffix(".Ref")] for item in properties.get("ManagedPolicyArns", ())]
    documents += [item["Properties"]["PolicyDocument"] for item in attached]
    statements = [statement for document in documents for statement in document["Statement"]]
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {
        (action, resource)
        for statement in statements
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    }


def _logs(role: str) -> set[tuple[str, str]]:
    group = role.removesuffix("Role") + "Logs.Ref"
    arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{group}:*"
    return {("logs:CreateLogStream", arn), ("logs:PutLogEvents", arn)}


@pytest.mark.parametrize("role", FUNCTIONS.values())
def test_a_function_may_what_it_does(translated: dict[str, Any], role: str) -> None:
    resources = resolved(translated, PLAIN)
    common = {("ssm:GetParameter", URL)} | TRACES
    assert allowed(resources, role) == OWN[role] | common | _logs(role)


@pytest.mark.parametrize("role", FUNCTIONS.values())
def test_without_traces_nobody_may_send_any(translated: dict[str, Any], role: str) -> None:
    resources = resolved(translated, {**PLAIN, "Tracing": "false"})
    assert not allowed(resources, role) & TRACES


@pytest.mark.parametrize("role", FUNCTIONS.values())
def test_in_a_network_lambda_may_make_its_interfaces(translated: dict[str, Any], role: str) -> None:
    more = allowed(resolved(translated, IN_NETWORK), role)
    assert {action for action, _ in more if action.startswith("ec2:")} == {
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    }


@pytest.mark.parametrize(
    ("given", "database", "owners"),
    [
        ({**WHOLE, "UseProxy": "false"}, "Cluster.DBClusterResourceId", "Cluster.DBClusterResourceId"),
        (WHOLE, "prx-1", "Cluster.DBClusterResourceId"),
        (
            {**IN_NETWORK, "UseIamDatabaseTokens": "true", "DatabaseResourceId": "cluster-ABC"},
            "cluster-ABC",
            "cluster-ABC",
        ),
    ],
)
def test_with_tokens_a_function_may_sign_in_as_one_user(
    translated: dict[str, Any], given: dict[str, str], database: str, owners: str
) -> None:
    resources = resolved(translated, given)
    at = "arn:aws:rds-db:eu-central-1:123456789012:dbuser"
    for role in FUNCTIONS.values():
        found = allowed(resources, role)
        connect = {resource for action, resource in found if action == "rds-db:connect"}
        owner = {f"{at}:{owners}/open_event_owner"} if role == "MigrateRole" else set()
        assert connect == {f"{at}:{database}/open_event", *owner}
        assert ("ssm:GetParameter", URL) not in found


def test_only_the_migration_function_knows_the_password_of_who_owns_the_tables(
    translated: dict[str, Any],
) -> None:
    url = "arn:aws:ssm:eu-central-1:123456789012:parameter/ours/owner-url"
    resources = resolved(translated, {**PLAIN, "MigrationDatabaseUrlParameter": "/ours/owner-url"})
    able = {role for role in FUNCTIONS.values() if ("ssm:GetParameter", url) in allowed(resources, role)}
    assert able == {"MigrateRole"}


def test_mails_are_sent_from_one_address(translated: dict[str, Any]) -> None:
    role = resolved(translated, PLAIN)["TasksRole"]
    (policy,) = role["Properties"]["Policies"]
    (mails,) = (
        item for item in policy["PolicyDocument"]["Statement"] if item["Action"] == "ses:SendRawEmail"
    )
    assert mails["Condition"] == {"StringEquals": {"ses:FromAddress": PLAIN["MailFrom"]}}


@pytest.mark.parametrize("role", FUNCTIONS.values())
def test_only_lambda_may_take_a_functions_role(translated: dict[str, Any], role: str) -> None:
    trust = resolved(translated, PLAIN)[role]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_the_world_reads_media_through_the_distribution_alone(translated: dict[str, Any]) -> None:
    policies = {
        name: resolved(translated, given)["FilesBucketPolicy"]["Properties"]["PolicyDocument"]
        for name, given in {"ours": WHOLE, "theirs": PLAIN}.items()
    }
    denied, *rest = policies["theirs"]["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert rest == []
    _, read = policies["ours"]["Statement"]
    assert (read["Action"], read["Resource"]) == ("s3:GetObject", MEDIA)
    assert read["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert read["Condition"]["StringEquals"]["AWS:SourceArn"].endswith("distribution/MediaDistribution.Ref")
