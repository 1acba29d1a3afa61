"""Between the events that wake the system and the parts that do the work.

Importing it declares every noun, action and task; nothing connects until the first event. Where
there is a table of contents (as in the package that is deployed), that waits for the first event
which needs more than to read nouns.
"""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib import log
from chalicelib.jsonapi import action, contents
from chalicelib.jsonapi.answer import respond
from chalicelib.jsonapi.request import Request
from chalicelib.resources import REGISTRY


@cache
def complete() -> None:
    """Declare every noun, action and task, and so every receiver of signals."""
    list(REGISTRY)
    for name in ("chalicelib.actions", "chalicelib.tasks"):
        for found in pkgutil.iter_modules(import_module(name).__path__, f"{name}."):
            import_module(found.name)


_contents = contents.read()
if _contents is None:
    complete()
else:
    for listed in contents.actions_in(_contents, before=complete):
        action.add(listed)


def http(request: ChaliceRequest | None) -> Response:
    """Answer one HTTP request from API Gateway."""
    asked = request_of(request.to_original_event() if request is not None else {})
    if asked.method not in {"GET", "HEAD"}:
        complete()  # whoever writes meets rules, and receivers of signals, of other nouns
    with log.traced(asked.id):
        answer = respond(asked, REGISTRY)
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.cookies:
        headers["Set-Cookie"] = answer.cookies
    return Response(answer.body, headers, answer.status)


def tasks(event: dict[str, Any], context: Any) -> dict[str, object]:
    """Do the tasks of a batch from the queue; the answer names the messages that failed."""
    complete()
    import chalicelib.tasks  # other functions need none of it

    return chalicelib.tasks.run(event, lambda: context.get_remaining_time_in_millis() / 1000)


def files(event: dict[str, Any]) -> None:
    """Look at a file that has arrived in the bucket."""
    complete()
    from chalicelib import uploads

    uploads.receive(event)


def sweep_outbox() -> None:
    """Send what was left in the outbox."""
    from chalicelib import outbox

    outbox.sweep()


def probe_health() -> None:
    """Run every health check and write its metric."""
    complete()
    from chalicelib import health

    health.probe()


def bring_up_to_date(event: dict[str, Any]) -> dict[str, object]:
    """Migrate the database; {"dry_run": true} only tells what would be done. Raises NotMigrated."""
    from chalicelib import migrate

    if event.keys() - {"dry_run"} or not isinstance(event.get("dry_run", False), bool):
        raise migrate.NotMigrated('migrate takes {"dry_run": true} or {"dry_run": false}, and nothing else')
    return migrate.run(dry_run=event.get("dry_run", False))


def request_of(event: dict[str, Any]) -> Request:
    """The request in an API Gateway (REST, proxy) event.

    The address of the caller is the one API Gateway saw, never a header that a client can set.
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
        headers[name.lower()] = ", ".join(values)
    return Request(
        method=context.get("httpMethod") or event.get("httpMethod") or "GET",
        path=tuple(part for part in path if part),
        query=tuple((name, value) for name, values in several.items() for value in values),
        headers=headers,
        body=_body(event),
        source_ip=(context.get("identity") or {}).get("sourceIp") or "",
        id=context.get("requestId") or "",
    )


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or b""
    if event.get("isBase64Encoded"):
        from base64 import b64decode

        return b64decode(body)
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
