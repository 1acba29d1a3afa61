"""The telemetry audit: all that leaves for X-Ray, metrics and logs, written down to be read.

It is on where the setting TELEMETRY_AUDIT names a file, or "-" for standard error; what it writes
down is sent as well.
"""

import json
import os
import sys

from chalicelib.settings import settings


def write(to: str, told: object) -> None:
    """Add one line of JSON: {"to": "xray", "metrics" or "logs", "told": what was sent, decoded}.

    Raises OSError where the file cannot be written.
    """
    line = json.dumps({"to": to, "told": told}, ensure_ascii=False)
    where = settings().telemetry_audit
    if where == "-":
        print(line, file=sys.stderr, flush=True)
        return
    # One write for each line, at the end of the file: several processes may share it.
    file = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode("utf-8", "backslashreplace") + b"\n")
    finally:
        os.close(file)
