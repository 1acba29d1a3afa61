"""A function that has just been started: its program, and the event of its request."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from devstack import gateway

# Arguments: the folder of the code, and the event as JSON. It prints the status.
PROGRAM: Final = """
import json, sys, types
sys.path.insert(0, sys.argv[1])
import app
context = types.SimpleNamespace(aws_request_id='1', function_name='api', function_version='1',
                                memory_limit_in_mb=1024, get_remaining_time_in_millis=lambda: 29000)
print(app.app(json.loads(sys.argv[2]), context)['statusCode'], flush=True)
"""


def of_the_zip(program: str, folder: Path, *arguments: str) -> tuple[list[str], Path]:
    """A command with nothing but what is in the zip, and which writes nothing there; and its directory."""
    return [sys.executable, "-I", "-S", "-B", "-c", program, str(folder), *arguments], folder


def event(method: str, path: str, content: Any = None, media_type: str = "", token: str = "") -> str:
    """The Lambda event of a request, as JSON. LookupError for a path that app.py does not route."""
    import app  # the product, whose settings the world has set

    headers = [("Accept", "*/*")]
    if media_type:
        headers.append(("Content-Type", media_type))
    if token:
        headers.append(("Authorization", f"JWT {token}"))
    body = b"" if content is None else json.dumps(content).encode()
    found = gateway.event_from_http(app.app.routes, method, path, headers, body)
    if found is None:
        raise LookupError(f"app.py has no route for {path}")
    return json.dumps(found)
