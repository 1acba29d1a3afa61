"""Asynchronous tasks: emails, renditions, exports. Importing this package registers every task.

A task is a function in a file of its own. A signal receiver enqueues it in the outbox, and it runs when SQS
delivers the message.
"""

from chalicelib.tasks import resize_image, send_verification_mail
from chalicelib.tasks.registry import TASKS, PermanentFailure, RetryLater, Task, task
from chalicelib.tasks.runner import run

__all__ = [
    "TASKS",
    "PermanentFailure",
    "RetryLater",
    "Task",
    "resize_image",
    "run",
    "send_verification_mail",
    "task",
]
