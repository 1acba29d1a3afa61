"""Telemetry audit: a copy of all that is sent to X-Ray, metrics and logs.

On where the setting TELEMETRY_AUDIT names a file, or "-" for standard error.
"""

import json
import os
import sys

from chalicelib.settings import settings


def write(to: str, record: object) -> None:
    """Append one line of JSON: {"to": "xray", "metrics" or "logs", "told": the decoded content}.

    Raises OSError if the file cannot be written.
    """
    line = json.dumps({"to": to, "told": record}, ensure_ascii=False)
    where = settings().telemetry_audit
    if where == "-":
        print(line, file=sys.stderr, flush=True)
        return
    # One append per line: several processes may share the file.
    file = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode("utf-8", "backslashreplace") + b"\n")
    finally:
        os.close(file)
