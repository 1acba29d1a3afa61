"""The pump, run manually by tests, one round at a time."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from devstack import aws_stand_in, pump
from devstack.aws_stand_in import Resources


@dataclass(frozen=True, slots=True)
class Pump:
    """Delivers messages in a test's own queues to the handlers of app.py."""

    app: ModuleType
    resources: Resources

    def everything(self) -> int:
        """Files and tasks, and what follows from them, until nothing is visible; returns how many."""
        return pump.deliver_everything(self.app, self.resources)

    def tasks(self) -> int:
        """One batch of at most ten task messages; returns how many."""
        return pump.deliver_tasks(self.app, self.resources)

    def files(self) -> int:
        """One round of bucket events; returns how many."""
        return pump.deliver_files(self.app, self.resources)

    def tick(self, clock: str) -> None:
        """Fire the schedule "sweep_outbox" or "probe_health"."""
        pump.tick(self.app, clock)

    def waiting(self) -> dict[str, int]:
        """Numbers of task messages: visible, in flight, delayed, dead."""
        sqs = aws_stand_in.client("sqs", self.resources.endpoint)
        names = {
            "visible": "ApproximateNumberOfMessages",
            "in_flight": "ApproximateNumberOfMessagesNotVisible",
            "delayed": "ApproximateNumberOfMessagesDelayed",
        }
        found = _attributes(sqs, self.resources.tasks_url)
        dead = _attributes(sqs, self.resources.dead_letters_url)
        return {ours: int(found[theirs]) for ours, theirs in names.items()} | {
            "dead": int(dead["ApproximateNumberOfMessages"])
        }

    def mails(self) -> list[dict[str, Any]]:
        """The emails sent in this test, oldest first: from, to, reply_to, subject, text."""
        return aws_stand_in.mails(self.resources.endpoint)


def _attributes(sqs: Any, url: str) -> dict[str, str]:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return dict(answer["Attributes"])
