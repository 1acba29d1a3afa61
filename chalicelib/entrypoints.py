"""Entry points of the Lambda functions: HTTP, tasks, uploaded files, the outbox sweep, health, migration.

Importing it registers every resource type, action and task; with a manifest (in the package) only with the
first event that needs more than reading; nothing connects before the first event.
"""

import gc
import pkgutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib import clock, log, snapstart, telemetry
from chalicelib.docs import prerendered
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import action, delivery, manifest
from chalicelib.jsonapi.http.answer import failed, respond
from chalicelib.jsonapi.http.shapes import pattern_of
from chalicelib.limits.source import source_of
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

# Tables that no resource type declares.
_TABLES: Final = (
    *("chalicelib.jsonapi.http.idempotency_key", "chalicelib.limits.rate_limit", "chalicelib.reader_tables"),
    *("chalicelib.moving_in.moved_rows", "chalicelib.restoration"),
)


class RetryByAws(Exception):
    """An invocation failed and AWS is to retry it. Lambda logs the text, so it quotes no data."""


@contextmanager
def _for_good() -> Iterator[None]:
    """Freeze what the block allocates: exempt from garbage collection from then on."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()


@cache
def _collect_from_now_on() -> None:
    """Collect garbage again, which app.py disables for the imports of a cold start.

    It is called once the first event needs no further import; what is there by then stays for good.
    """
    gc.freeze()
    gc.enable()


@cache
def import_nouns() -> None:
    """Import every resource type, as hooks of one involve others; signal receivers when they are called."""
    with _for_good():
        manifest.demand_current()
        REGISTRY.import_all()
        for table in _TABLES:
            import_module(table)
        if _contents is not None:
            from chalicelib import signals  # lazy: a read emits none

            signals.expect(_contents["signals"])


@cache
def import_all() -> None:
    """Import every resource type, action and task, and so every signal receiver."""
    import_nouns()
    with _for_good():
        for name in ("chalicelib.actions", "chalicelib.tasks"):
            for module in pkgutil.iter_modules(import_module(name).__path__, f"{name}."):
                import_module(module.name)


def _prepare(module: str) -> None:
    """Import what the actions of this module need: everything, unless they answer with prerendered texts."""
    if module not in prerendered.ACTIONS or not prerendered.usable():
        import_all()


log.adopt_libraries()
_contents = manifest.read()
if _contents is None:
    import_all()
    _collect_from_now_on()
else:
    for listed in manifest.actions_in(_contents, before=_prepare):
        action.add(listed)
snapstart.adopt(import_all, REGISTRY)


def http(request: ChaliceRequest | None) -> Response:
    """Answer one HTTP request from API Gateway. Never raises: Chalice would log the exception's text."""
    try:
        answer = _answered(_request(request) if request is not None else request_of({}))
    except Exception as problem:
        answer = delivery.ready(None, failed(problem))
    _collect_from_now_on()
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
        # Before the transaction. What an action needs is not listed, so it gets everything.
        import_nouns() if action.find(request.method, request.path) is None else import_all()
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
    import_all()
    import chalicelib.tasks  # lazy: no other function needs it

    with _logged("tasks"), telemetry.span("tasks"):
        return chalicelib.tasks.run(event, _seconds_left(context))


def files(event: dict[str, Any]) -> None:
    """Process an uploaded file, on an S3 event from EventBridge. Raises RetryByAws."""
    import_all()
    from chalicelib import uploads  # lazy: no other function needs it

    with _logged("files"):
        uploads.receive(event)


def sweep_outbox() -> None:
    """Run the scheduled jobs: send what is left in the outbox, and the rest. Raises RetryByAws."""
    from chalicelib import scheduled  # lazy: a reader needs neither of these
    from chalicelib.scheduled_jobs import JOBS

    with _logged("sweep_outbox"), telemetry.span("sweep_outbox"):
        scheduled.dispatch(JOBS)


def probe_health() -> None:
    """Run every health check and write its metric. Raises RetryByAws."""
    import_all()
    from chalicelib import health  # lazy: no other function needs it

    with _logged("probe_health"), telemetry.span("probe_health"):
        health.probe()


def migrate(event: dict[str, Any]) -> dict[str, object]:
    """Migrate the database; with {"dry_run": true} only report what would be done. Raises NotMigrated."""
    from chalicelib import migrate  # lazy: no other function needs them
    from chalicelib.resources import normalize

    _collect_from_now_on()
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
    _collect_from_now_on()
    try:
        yield
    except Exception as problem:
        log.error("a wake-up failed", problem, name=name)
        raise RetryByAws(f"{name} failed with {type(problem).__name__}; the log has more") from None


def _seconds_left(context: Any) -> Callable[[], float]:
    """A function for the seconds left to this Lambda invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000


def request_of(event: dict[str, Any], seconds_left: Callable[[], float] = clock.endless) -> Request:
    """The Request in an API Gateway event (REST, proxy integration).

    The client's IP address is the one that API Gateway saw, or our own edge, never a header that a client can
    set.
    """
    context = event.get("requestContext") or {}
    parameters = event.get("pathParameters") or {}
    path = []
    for segment in (context.get("resourcePath") or "/").strip("/").split("/"):
        name = segment[1:-1]
        path.append(unquote(parameters[name]) if segment.startswith("{") else segment)
    several = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.get("queryStringParameters") or {}).items()
    }
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if len(values) > 1:
            # Cookies may be split into several lines (RFC 9113, section 8.2.3), joined by semicolons.
            headers[name.lower()] = ("; " if name.lower() == "cookie" else ", ").join(values)
        elif values:
            headers[name.lower()] = values[0]
    seen, options = (context.get("identity") or {}).get("sourceIp") or "", settings()
    return Request(
        method=context.get("httpMethod") or event.get("httpMethod") or "GET",
        path=tuple(part for part in path if part),
        query=tuple((name, value) for name, values in several.items() for value in values),
        headers=headers,
        body=_body(event),
        source_ip=source_of(headers, seen, options.edge_secret) if options.edge_secret else seen,
        id=context.get("requestId") or "",
        seconds_left=seconds_left,
        options=options,
    )


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or b""
    if event.get("isBase64Encoded"):  # as is every body from API Gateway
        return b64decode(body)
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
