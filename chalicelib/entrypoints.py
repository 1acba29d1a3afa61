"""Entry points of the Lambda functions: HTTP, tasks, uploaded files, the outbox sweep, health, migration.

Importing it registers every resource type, action and task; with a manifest (in the package) only with the
first event that needs more than reading; nothing connects before the first event.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib import half_imported, log, snapstart, telemetry
from chalicelib.gateway_event import request_of
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.answer import failed, respond
from chalicelib.jsonapi.http.shapes import pattern_of
from chalicelib.registration import collect_from_now_on, expect_receivers, import_written, register
from chalicelib.registration import import_all as import_all  # for tests and commands too
from chalicelib.resources import REGISTRY


class RetryByAws(Exception):
    """An invocation failed and AWS is to retry it. Lambda logs the text, so it quotes no data."""


log.adopt_libraries()
register()
snapstart.adopt(import_all, REGISTRY)


def http(request: ChaliceRequest | None) -> Response:
    """Answer one HTTP request from API Gateway. Never raises: Chalice would log the exception's text."""
    try:
        answer = _answered(_request(request) if request is not None else request_of({}))
    except Exception as problem:
        answer = delivery.ready(None, failed(problem))
    collect_from_now_on()
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.cookies:
        headers["Set-Cookie"] = answer.cookies
    body = answer.body if answer.binary else answer.text
    return _Response(body if answer.gzipped is None else answer.gzipped, headers, answer.status)


class _Response(Response):  # type: ignore[misc]
    """The response for API Gateway; bytes are base64-encoded, for any media type.

    Chalice would decide by media type, and refuse bytes to a client that sends no Accept.
    """

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        """The response in the format of Lambda proxy integration."""
        if not isinstance(self.body, bytes):
            given: dict[str, Any] = super().to_dict()
            return given
        whole = Response("", self.headers, self.status_code).to_dict()
        return {**whole, "body": b64encode(self.body).decode("ascii"), "isBase64Encoded": True}


def _request(request: ChaliceRequest) -> Request:
    return request_of(request.to_original_event(), _seconds_left(request.lambda_context))


def _answered(request: Request) -> Answer:
    if request.method not in {"GET", "HEAD"}:
        import_written(request)
    with (
        log.traced(request.id),
        telemetry.request(request.method, lambda: pattern_of(request, REGISTRY)) as note,
    ):
        answer = respond(request, REGISTRY)
        note(status=answer.status)
    return answer


def tasks(event: dict[str, Any], context: Any) -> dict[str, object]:
    """Run a batch of tasks from SQS; returns the failed message ids (partial batch response). Raises
    RetryByAws.
    """
    with half_imported.ending_the_process():
        import_all()
        import chalicelib.tasks  # lazy: no other function needs it

    with _logged("tasks"), telemetry.span("tasks"):
        return chalicelib.tasks.run(event, _seconds_left(context))


def files(event: dict[str, Any]) -> None:
    """Process an uploaded file, on an S3 event from EventBridge. Raises RetryByAws."""
    with half_imported.ending_the_process():
        import_all()
        from chalicelib import uploads  # lazy: no other function needs it

    with _logged("files"):
        uploads.receive(event)


def sweep_outbox() -> None:
    """Run the scheduled jobs: send what is left in the outbox, and the rest. Raises RetryByAws."""
    with half_imported.ending_the_process():
        from chalicelib import scheduled  # lazy: a reader needs neither of these
        from chalicelib.scheduled_jobs import JOBS

    with _logged("sweep_outbox"), telemetry.span("sweep_outbox"):
        expect_receivers()  # of what jobs emit themselves
        scheduled.dispatch(JOBS)


def probe_health() -> None:
    """Run every health check and write its metric. Raises RetryByAws."""
    with half_imported.ending_the_process():
        import_all()
        from chalicelib import health  # lazy: no other function needs it

    with _logged("probe_health"), telemetry.span("probe_health"):
        health.probe()


def migrate(event: dict[str, Any]) -> dict[str, object]:
    """Migrate the database; with {"dry_run": true} only report what would be done. Raises NotMigrated."""
    with half_imported.ending_the_process():
        from chalicelib import migrate  # lazy: no other function needs them
        from chalicelib.resources import normalize

    collect_from_now_on()
    if event.keys() - {"dry_run"} or not isinstance(event.get("dry_run", False), bool):
        raise migrate.NotMigrated('migrate takes {"dry_run": true} or {"dry_run": false}, and nothing else')
    dry_run = event.get("dry_run", False)
    result = migrate.run(dry_run=dry_run)
    if not dry_run:
        normalize.plan(result)
    return result


@contextmanager
def _logged(name: str) -> Iterator[None]:
    """Log exceptions in the block in our format, and raise RetryByAws instead."""
    collect_from_now_on()
    try:
        yield
    except Exception as problem:
        log.error("a wake-up failed", problem, name=name)
        half_imported.end_process_after(problem)
        raise RetryByAws(f"{name} failed with {type(problem).__name__}; the log has more") from None


def _seconds_left(context: Any) -> Callable[[], float]:
    """A function for the seconds left to this Lambda invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000
