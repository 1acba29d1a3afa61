"""Every member of every documented body, sent as what its schema excludes: all are refused with a client error.

Schemathesis does the same at random, with a few of them in each run; this does it with each of them in every run.
"""

import copy
import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.docs import everything
from chalicelib.docs.operations import Operation
from chalicelib.resources import REGISTRY
from tests.contract.serving import Running
from tests.contract.twice import filled_in, headers

# A value of another kind than the one that the schema names.
_OTHER: Final[dict[str, Any]] = {
    "string": {"another": "kind"},
    "integer": "another kind",
    "number": "another kind",
    "boolean": "another kind",
    "object": "another kind",
    "array": "another kind",
}
_READS: Final = {"GET", "HEAD"}
_REFUSED: Final = range(400, 500)

# The names of members down to one, and what is sent there.
Wrong = tuple[tuple[str, ...], Any]


def run(system: Running) -> bool:
    """Whether each of them is refused."""
    began = time.monotonic()
    tried, failures = 0, []
    for operation in everything.operations(REGISTRY):
        taken = operation.takes
        if operation.method in _READS or taken is None or not isinstance(taken.example, dict):
            continue
        wrong = list(wrong_members(taken.schema, taken.example))
        if wrong:
            system.clones.renew()
        for path, value in wrong:
            tried += 1
            status, told = _answer(system.address, operation, changed(taken.example, path, value))
            if status not in _REFUSED:
                failures.append(f"{operation.key} took {value!r} at /{'/'.join(path)}: {status} {told[:200]}")
                system.clones.renew()
    for failure in failures:
        print(failure)
    print(f"{tried} wrong members in {time.monotonic() - began:.0f} s: {len(failures)} failures")
    return bool(tried) and not failures


def wrong_members(schema: dict[str, Any], example: dict[str, Any]) -> Iterator[Wrong]:
    """What the schema of a body excludes, at each member that the example has."""
    for name, member in schema.get("properties", {}).items():
        if name not in example:
            continue
        kind = member.get("type")
        if isinstance(kind, str) and kind in _OTHER:
            yield (name,), _OTHER[kind]
        if member.get("minLength"):
            yield (name,), ""
        if isinstance(example[name], dict):
            yield from (((name, *path), value) for path, value in wrong_members(member, example[name]))


def changed(example: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The example with this value there."""
    document = copy.deepcopy(example)
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return document


def _answer(address: str, operation: Operation, document: dict[str, Any]) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        body = filled_in(json.dumps(document)).encode()
        connection.request(operation.method, operation.address, body, headers(operation))
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()
