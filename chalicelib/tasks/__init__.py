"""Asynchronous tasks: emails, renditions, exports. Importing the module of one registers it.

A task is a function in a file of its own. A signal receiver enqueues it in the outbox, and it runs when SQS
delivers the message.
"""

from chalicelib.tasks.registry import TASKS, PermanentFailure, RetryLater, Task, task
from chalicelib.tasks.runner import run

__all__ = [
    "TASKS",
    "PermanentFailure",
    "RetryLater",
    "Task",
    "run",
    "task",
]
