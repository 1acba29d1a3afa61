"""Local stand-in for AWS (moto): S3, SQS, SES and SSM, in memory.

No Lambda function is registered in it: it would consume the messages that the pump delivers.
"""

import base64
import copy
import email
import email.policy
import json
import os
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3

from devstack import processes

REGION = "eu-central-1"
INCOMING = "incoming/"
MAIL_FROM = "no-reply@example.org"
MAIL_EVENTS = "mail-events"  # the configuration set
# Any credentials are accepted, but boto3 needs some.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
# Variables that would make boto3 use the developer's own AWS account.
ELSEWHERE = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
_ROOT = Path(__file__).resolve().parent.parent
_DELIVERIES_BEFORE_DEAD = 30  # more than any task's own attempts: a safety net
VISIBILITY_SECONDS = 30
# Requests that devstack/aws_server.py answers besides those of AWS.
BEGIN, MAILS, VISIBLE = "/stand-in/begin", "/stand-in/mails", "/stand-in/visible"
_ACCOUNT = "123456789012"  # moto's


@dataclass(frozen=True, slots=True)
class Resources:
    """A bucket and its queues in the stand-in. `files_url` is the queue of the bucket's events."""

    endpoint: str
    bucket: str
    tasks_url: str
    dead_letters_url: str
    files_url: str

    def environment(self) -> dict[str, str]:
        """The environment variables that make the system, and any boto3 client, use these."""
        return {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "BUCKET": self.bucket,
            "TASKS_QUEUE_URL": self.tasks_url,
            "DEAD_LETTERS_URL": self.dead_letters_url,
            "FILES_QUEUE_URL": self.files_url,
            "MAIL_FROM": MAIL_FROM,
            "MAIL_CONFIGURATION_SET": MAIL_EVENTS,
        }


class StandIn:
    """The running server."""

    def __init__(self, child: processes.Child, port: int, log: Path) -> None:
        self._child = child
        self._port = port
        self._log = log
        self.endpoint = f"http://127.0.0.1:{port}"

    def wait(self) -> None:
        """Wait until it answers. Raises NotStarted."""
        processes.wait_until(
            lambda: processes.listens(self._port), self._child, what="the AWS stand-in", log=self._log
        )

    def runs(self) -> bool:
        """Whether the process is running."""
        return self._child.poll() is None

    def stop(self) -> None:
        """Stop it; its content is lost."""
        processes.stop(self._child, patience=5)


def start(log: Path) -> StandIn:
    """Start the server without waiting for it; its output goes to `log`."""
    port = processes.free_port()
    command = [sys.executable, "-m", "devstack.aws_server", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    environment |= CREDENTIALS
    return StandIn(processes.start(command, log=log, environment=environment, directory=_ROOT), port, log)


@cache
def client(service: str, endpoint: str) -> Any:
    """A boto3 client that talks to the stand-in at `endpoint`."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def create_resources(endpoint: str, name: str, deliveries: int = _DELIVERIES_BEFORE_DEAD) -> Resources:
    """Create the bucket `name`, the task queue with its dead letter queue, and the queue of bucket events.

    A message that was received `deliveries` times without being deleted becomes a dead letter.
    """
    sqs, s3 = client("sqs", endpoint), client("s3", endpoint)
    dead_letters = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
    redrive = {"deadLetterTargetArn": _arn(sqs, dead_letters), "maxReceiveCount": deliveries}
    tasks = sqs.create_queue(
        QueueName=f"{name}-tasks",
        Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(redrive)},
    )["QueueUrl"]
    visible_again = {"VisibilityTimeout": str(VISIBILITY_SECONDS)}
    files = sqs.create_queue(QueueName=f"{name}-files", Attributes=visible_again)["QueueUrl"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": _arn(sqs, files),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": INCOMING}]}},
                }
            ]
        },
    )
    # CORS: browsers upload directly to the bucket.
    rule = {"AllowedMethods": ["GET", "POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    client("ses", endpoint).verify_email_identity(EmailAddress=MAIL_FROM)
    return Resources(endpoint, name, tasks, dead_letters, files)


def begin_anew(endpoint: str, name: str) -> Resources:
    """What reset() and create_resources() do, in one request instead of eleven."""
    wish = {"name": name, "incoming": INCOMING, "deliveries": _DELIVERIES_BEFORE_DEAD, "sender": MAIL_FROM}
    with urlopen(Request(f"{endpoint}{BEGIN}", json.dumps(wish).encode()), timeout=10):  # noqa: S310
        pass
    queues = (f"{endpoint}/{_ACCOUNT}/{name}-{queue}" for queue in ("tasks", "dead-letters", "files"))
    return Resources(endpoint, name, *queues)


def mails(endpoint: str, to: str = "") -> list[dict[str, Any]]:
    """Every email sent: from, to, reply_to, subject, text and html (its parts), headers and attachments.

    Oldest first, those without MIME before the others. `to` is an address: only mails to it.
    """
    with urlopen(f"{endpoint}{MAILS}", timeout=10) as answer:  # noqa: S310 - our own address
        kept = json.load(answer)
    plain = [
        {
            "from": mail["source"],
            "to": mail["destinations"].get("ToAddresses", []),
            "reply_to": "",
            "subject": mail["subject"],
            "text": mail["body"],
            "html": "",
            "headers": {},
            "attachments": [],
        }
        for mail in kept
        if "raw_data" not in mail
    ]
    framed = [mail for mail in kept if "raw_data" in mail and (not to or to in mail["destinations"])]
    return [mail for mail in plain if not to or to in mail["to"]] + [_from_raw(mail) for mail in framed]


def visible(resources: Resources) -> tuple[int, int]:
    """Numbers of messages that can be received now: of files, and of tasks."""
    with urlopen(f"{resources.endpoint}{VISIBLE}", timeout=10) as answer:  # noqa: S310 - our own address
        by_name = json.load(answer)
    files, tasks = (by_name[url.rpartition("/")[2]] for url in (resources.files_url, resources.tasks_url))
    return files, tasks


def reset(endpoint: str) -> None:
    """Delete its whole content."""
    with urlopen(Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=10):  # noqa: S310
        pass


def _from_raw(mail: dict[str, Any]) -> dict[str, Any]:
    parts = _parsed(mail["raw_data"])
    return {"from": mail["source"], "to": mail["destinations"], **copy.deepcopy(parts)}


@lru_cache(maxsize=2048)
def _parsed(raw: str) -> dict[str, Any]:
    """What a mail consists of. Who waits for a mail asks for all of them again and again."""
    parsed = email.message_from_string(raw, policy=email.policy.default)
    text, page = parsed.get_body(("plain", "html")), parsed.get_body(("html",))
    return {
        "reply_to": str(parsed["reply-to"] or ""),
        "subject": str(parsed["subject"] or ""),
        "text": text.get_content() if text else "",
        "html": page.get_content() if page else "",
        "headers": {name.lower(): str(value) for name, value in parsed.items()},
        "attachments": [
            {
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "base64": base64.b64encode(bytes(part.get_payload(decode=True))).decode(),
            }
            for part in parsed.iter_attachments()
        ],
    }


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
