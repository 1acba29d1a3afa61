"""Private storage of papers: PDFs and wallet passes in the bucket, fetched by presigned URLs that end soon.

A paper is made by a task. The key of one that may change says what is on it, so that a paper that is out of
date is never found, and the task makes a new one.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from json import dumps
from typing import Any, Final

from chalicelib import aws, clock, db, log, outbox, private_files
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.model.context import Context
from chalicelib.settings import settings

PAPERS: Final = "papers/"  # in the bucket
INVOICES: Final = f"{PAPERS}invoices/"
CREDIT_NOTES: Final = f"{PAPERS}credit-notes/"
EVENT_INVOICES: Final = f"{PAPERS}event-invoices/"
TICKETS: Final = f"{PAPERS}tickets/"  # its lifecycle rule deletes them; they are made anew
LINK_LIFETIME: Final = timedelta(minutes=5)
_MEDIA_TYPE: Final = "application/pdf"
_GLANCE: Final = 0.15  # seconds


@dataclass(frozen=True, slots=True)
class Paper:
    """A stored file, or one that a task is to make: `task` with `arguments` stores it under `key`."""

    key: str
    file_name: str
    task: str
    arguments: Mapping[str, Any]


def fingerprint(content: object) -> str:
    """A part of the key of a paper: it differs where what is printed does. `content` is made of JSON values,
    dates and times.
    """
    return sha256(dumps(content, default=str, sort_keys=True).encode()).hexdigest()[:40]


def fetched(context: Context, paper: Paper) -> Answer:
    """302 to the paper, once it is there. Raises Problem 503, to try again, where it takes too long.

    Call it once everything is checked: it may repeat the request (Context.ask_outside).
    """
    context.ask_outside(paper.key, lambda: _demand(paper))
    address = private_files.presigned(paper.key, LINK_LIFETIME, file_name=paper.file_name)
    return Answer(302, "", {"Location": address, "Cache-Control": delivery.NEVER})


def fetched_text(context: Context, paper: Paper) -> str:
    """The text of a paper that is one, once it is there. Raises Problem 503 as fetched(); call it as that."""

    def read() -> str:
        _demand(paper)
        return private_files.get(paper.key).decode()

    return context.ask_outside(paper.key, read)


def store(key: str, content: bytes, media_type: str = _MEDIA_TYPE) -> None:
    """Store a paper. Raises boto3's errors."""
    private_files.put(key, content, media_type)


def _demand(paper: Paper) -> bool:
    """Wait until the paper is there, and have it made unless it is. Raises Problem 503."""
    if _exists(paper.key):
        return True
    # One message for all who ask meanwhile, and another one for who asks again later.
    turn = int(clock.now().timestamp()) // 30
    with db.transaction() as session:
        outbox.add(session, paper.task, paper.arguments, key=f"{paper.key}-{turn}")
    until = time.monotonic() + settings().paper_patience
    while time.monotonic() < until:
        time.sleep(_GLANCE)
        if _exists(paper.key):
            return True
    log.warning("a paper took too long", task=paper.task)
    late = {"Retry-After": "3"}
    raise Problem(503, "The document is being made; try again in a moment.", headers=late)


def _exists(key: str) -> bool:
    s3 = aws.s3()
    try:
        s3.head_object(Bucket=settings().bucket, Key=key)
    except s3.exceptions.ClientError as problem:
        if problem.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True
