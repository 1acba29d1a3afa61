"""What SES would publish of a mail, in the shapes that AWS documents, put into the task queue.

The input transformer is that of the rule in the template that is deployed (.chalice/resources.yaml). Sources:
the SES guide, "Examples of event data", and the EventBridge guide, "Input transformation".
"""

import json
import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devstack import aws_stand_in
from devstack.aws_stand_in import MAIL_EVENTS, REGION, Resources

_TEMPLATE = Path(__file__).resolve().parent.parent / ".chalice" / "resources.yaml"
_DETAIL_TYPES = {
    "send": "Email Sent",
    "reject": "Email Rejected",
    "bounce": "Email Bounced",
    "complaint": "Email Complaint Received",
}
_ABOUT: dict[str, dict[str, Any]] = {
    "send": {},
    "reject": {"reason": "Bad content"},
    "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []},
    "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": []},
}


def event_of(mail: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
    """The event "send", "reject", "bounce" or "complaint" about a mail of aws_stand_in.mails(); `more` are
    other members of what the kind says, such as bounceType.
    """
    key = mail["headers"]["message-id"].strip("<>").partition("@")[0]
    detail = {
        "eventType": kind.capitalize(),
        kind: {**_ABOUT[kind], **more},
        "mail": {
            "messageId": f"0102018e-{key}-000000",
            "destination": mail["to"],
            "tags": {"ses:configuration-set": [MAIL_EVENTS], "mail": [key]},
        },
    }
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": _DETAIL_TYPES[kind],
        "source": "aws.ses",
        "account": "123456789012",
        "region": REGION,
        "detail": detail,
    }


def publish(resources: Resources, event: dict[str, Any]) -> None:
    """Put an event into the task queue, as the rule of the template transforms it."""
    transformer = _rule()["Targets"][0]["InputTransformer"]
    values = {name: _at(event, path) for name, path in transformer["InputPathsMap"].items()}
    body = re.sub(r"<(\w+)>", lambda name: values[name[1]], transformer["InputTemplate"])
    sqs = aws_stand_in.client("sqs", resources.endpoint)
    sqs.send_message(QueueUrl=resources.tasks_url, MessageBody=body)


def _at(event: Any, path: str) -> str:
    """The text at a JSON path of names and positions; empty where there is none."""
    for name, position in re.findall(r"([\w-]+)|\[(\d+)\]", path.removeprefix("$.")):
        try:
            event = event[name] if name else event[int(position)]
        except (KeyError, IndexError, TypeError):
            return ""
    return json.dumps(str(event))[1:-1]


@cache
def _rule() -> dict[str, Any]:
    template = yaml.load(_TEMPLATE.read_text(), _Loader)  # noqa: S506 - a SafeLoader, and our own file
    rule: dict[str, Any] = template["Resources"]["MailEventsRule"]["Properties"]
    return rule


class _Loader(yaml.SafeLoader):
    """Reads a template: what CloudFormation's functions are given is taken as it is."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: getattr(node, "value", None))
