"""A process that is initialised once and then copied, as Lambda does with a snapshot: by fork.

    python -m tests.deploy.restored COPIES with-hooks|without-hooks < what to do

The hooks are run by AWS's own runtime client. What fork alone does anew, and a snapshot does not, is put back:
the state of Python's generator of random numbers. Each copy says what it has seen, as a line of JSON.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from email.mime.multipart import MIMEMultipart
from importlib import import_module
from typing import Any

_HOOKED = "with-hooks"


def main() -> None:
    """Do the errand twice here, and once in each copy; one line of JSON for each."""
    copies, hooks = int(sys.argv[1]), sys.argv[2] == _HOOKED
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    runner: Any = import_module("awslambdaric.lambda_runtime_hooks_runner")

    import app

    errand = _errand(app, json.loads(sys.stdin.readline()))
    for name in ("first", "second"):  # what differs between these two has to differ everywhere
        _say(errand(name))
    if hooks:
        runner.run_before_snapshot()
    else:
        from chalicelib import db

        db.forget()  # two copies of one connection would only break
    state = random.getstate()
    sys.stdin.readline()
    for number in range(copies):
        child = os.fork()
        if not child:
            random.setstate(state)
            began = time.perf_counter()
            if hooks:
                runner.run_after_restore()
            _say({**errand(f"copy{number}"), "seconds": time.perf_counter() - began})
            os._exit(0)
        os.waitpid(child, 0)


def _errand(app: Any, given: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """What a copy does: the requests that it was given, with {who} for its name, {event} for its event."""
    from chalicelib import db
    from devstack import gateway

    def ask(method: str, path: str, body: str | None, token: str) -> dict[str, Any]:
        kind = "application/json" if "/auth/" in path else "application/vnd.api+json"
        headers = [("Accept", "*/*"), ("Content-Type", kind)]
        headers += [("Authorization", f"JWT {token}")] if token else []
        content = b"" if body is None else body.encode()
        event = gateway.event_from_http(app.app.routes, method, path, headers, content)
        answer = app.app(event, gateway.LambdaContext())
        return {"status": answer["statusCode"], "body": json.loads(answer["body"] or "null"), **_told(answer)}

    def run(who: str) -> dict[str, Any]:
        token = ""
        answers: dict[str, dict[str, Any]] = {}
        for name, method, path, body, expected in given["requests"]:
            event = answers["event"]["body"].get("data", {}).get("id", "") if "event" in answers else ""
            text = body and json.dumps(body).replace("{who}", who).replace("{event}", event)
            answers[name] = ask(method, path, text, token)
            if answers[name]["status"] != expected:
                raise AssertionError(answers[name])
            token = answers[name]["body"].get("access_token", token)
        with db.transaction() as session:
            ((backend,),) = db.fetch(session, "SELECT pg_backend_pid()")
        parts = MIMEMultipart()
        parts.as_string()  # draws a boundary
        drawn = random.random()  # noqa: S311 - no secret
        made = {"random": drawn, "boundary": parts.get_boundary(), "backend": backend}
        return {"who": who, "answers": answers, "made": made, "time": time.time()}

    return run


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return {"etag": headers.get("etag"), "location": headers.get("location")}


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
