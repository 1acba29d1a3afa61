"""AWS stand-in server: moto's HTTP server, which also empties itself, lists mails and counts messages.

POST /stand-in/begin deletes everything and creates the resources of aws_stand_in.create_resources without
its ten requests (json: `name`, `incoming`, `deliveries`, `sender`); GET /stand-in/mails is every email sent,
and GET /stand-in/visible is how many messages each queue has to receive.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from moto import backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.sqs import models as sqs_models
from moto.sqs.models import sqs_backends
from werkzeug.serving import run_simple

from devstack.aws_connection import Connection
from devstack.aws_stand_in import BEGIN, MAILS, REGION, VISIBILITY_SECONDS, VISIBLE

_Start = Callable[[str, list[tuple[str, str]]], object]


def begin(name: str, incoming: str, deliveries: int, sender: str) -> None:
    """Delete everything, and create the bucket `name` and its queues."""
    moto_api_backend.reset()
    sqs, s3 = sqs_backends[DEFAULT_ACCOUNT_ID][REGION], s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    dead_letters = sqs.create_queue(f"{name}-dead-letters")
    redrive = {"deadLetterTargetArn": dead_letters.queue_arn, "maxReceiveCount": deliveries}
    sqs.create_queue(f"{name}-tasks", VisibilityTimeout=VISIBILITY_SECONDS, RedrivePolicy=json.dumps(redrive))
    files = sqs.create_queue(f"{name}-files", VisibilityTimeout=VISIBILITY_SECONDS)
    s3.create_bucket(name, REGION)
    prefix = {"S3Key": {"FilterRule": [{"Name": "prefix", "Value": incoming}]}}
    queue = {"Queue": files.queue_arn, "Event": ["s3:ObjectCreated:*"], "Filter": prefix}
    s3.put_bucket_notification_configuration(name, {"QueueConfiguration": [queue]})
    rule = {"AllowedMethod": ["GET", "POST"], "AllowedOrigin": "*", "AllowedHeader": "*"}
    s3.put_bucket_cors(name, [rule])
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].verify_email_identity(sender)


def mails() -> list[dict[str, Any]]:
    """Every email sent, oldest first: with MIME it has `raw_data`, otherwise `subject` and `body`."""
    sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    names = ("source", "destinations", "subject", "body", "raw_data")
    return [{name: getattr(mail, name) for name in names if hasattr(mail, name)} for mail in sent]


def visible() -> dict[str, int]:
    """The number of messages that can be received now, by the queue's name."""
    queues = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues
    return {name: queue.approximate_number_of_messages for name, queue in queues.items()}


def _make_quicker() -> None:
    """Spare moto what it does again for each request or message, with the same result."""
    # It looks at 175 directories for each request.
    modules = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    # And spells out the names of a queue's attributes, letter by letter.
    sqs_models.camelcase_to_underscores = lru_cache(sqs_models.camelcase_to_underscores)
    # Whenever a queue is looked at, it makes four objects to tell the time of each of its messages,
    sqs_models.unix_time, sqs_models.unix_time_millis = time.time, lambda: time.time() * 1000.0
    # and whenever a message is taken, it counts all of them to know for how long the queue keeps them.
    sqs_models.SQSBackend.is_message_valid_based_on_retention_period = _is_kept


def _is_kept(backend: Any, queue: str, message: Any) -> bool:
    kept: float = backend.get_queue(queue).message_retention_period
    sent: float = message.sent_timestamp / 1000
    return kept + sent > time.time()


class Application:
    """WSGI: our requests, and moto for all others."""

    def __init__(self) -> None:
        _make_quicker()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: _Start) -> Iterable[bytes]:
        """Answer one request."""
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "POST", path if path == BEGIN:
                begin(**json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
                answer: object = None
            case "GET", path if path == MAILS:
                answer = mails()
            case "GET", path if path == VISIBLE:
                answer = visible()
            case _:
                return self._moto(environ, start)  # type: ignore[no-any-return]
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    run_simple(options.host, options.port, Application(), threaded=True, request_handler=Connection)


if __name__ == "__main__":
    main()
