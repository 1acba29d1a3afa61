"""Every documented write, sent several times at once: a double click, two tabs, an impatient client.

Each is sent on a database of its own. All answers must be described ones, and none a failure of the server: where
a write can happen once only, the others are told so.
"""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from chalicelib.auth import tokens
from chalicelib.docs import everything
from chalicelib.docs.operations import Operation
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.resources import REGISTRY
from tests.contract.serving import Running

AT_ONCE = 3
_READS = {"GET", "HEAD"}
# What those that come later may be told besides what is described for the address.
_LATER = {401, 403, 404, 409, 422}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer."""

    status: int
    text: str


def run(system: Running) -> bool:
    """Whether every write that is sent several times at once is answered as described."""
    began = time.monotonic()
    failures: list[str] = []
    pairs: Counter[tuple[int, ...]] = Counter()
    writes = [operation for operation in everything.operations(REGISTRY) if operation.method not in _READS]
    for operation in writes:
        system.clones.renew()
        answers = at_once(system.address, operation)
        pairs[tuple(sorted(answer.status for answer in answers))] += 1
        failures += wrong(operation, answers)
    for failure in failures:
        print(failure)
    told = ", ".join(f"{number} x {statuses}" for statuses, number in pairs.most_common(8))
    print(
        f"{len(writes)} writes, each sent {AT_ONCE} times at once in {time.monotonic() - began:.0f} s: "
        f"{len(failures)} failures; most often {told}"
    )
    return not failures


def at_once(address: str, operation: Operation) -> list[Answer]:
    """The answers to the operation's example, sent several times at the same moment."""
    barrier = threading.Barrier(AT_ONCE)
    answers: list[Answer] = []

    def send() -> None:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.connect()
        barrier.wait(timeout=60)
        connection.request(operation.method, operation.address, _body(operation), headers(operation))
        response = connection.getresponse()
        answers.append(Answer(response.status, response.read().decode(errors="replace")))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def wrong(operation: Operation, answers: list[Answer]) -> list[str]:
    """What is wrong with the answers, a line each."""
    if len(answers) < AT_ONCE:
        return [f"{operation.key}: {AT_ONCE - len(answers)} of {AT_ONCE} were not answered"]
    described = {operation.status, *operation.gives, *operation.refuses}
    mistakes = [
        f"{operation.key}: {answer.status} {answer.text[:300]}"
        for answer in answers
        if answer.status not in described | _LATER
    ]
    if operation.status not in {answer.status for answer in answers}:
        mistakes.append(
            f"{operation.key}: none was answered with {operation.status}: {answers[0].text[:300]}"
        )
    return mistakes


def headers(operation: Operation) -> dict[str, str]:
    answer = operation.gives.get(operation.status)
    sent = {"Accept": answer.media_type if answer is not None else MEDIA_TYPE}
    if operation.carries:
        sent["Authorization"] = filled_in(f"Bearer {operation.carries}")
    if operation.takes is not None:
        sent["Content-Type"] = operation.takes.content_type
    return sent


def _body(operation: Operation) -> bytes | None:
    if operation.takes is None:
        return None
    example = operation.takes.example
    if isinstance(example, str):  # a form, whose lines end as HTTP wants them
        return filled_in(example.replace("\n", "\r\n")).encode()
    return filled_in(json.dumps(example)).encode()


def filled_in(text: str) -> str:
    """The text of an example with tokens in their places."""
    text = text.replace("ACCESS_TOKEN", tokens.access_token(1, fresh=True))
    return text.replace("REFRESH_TOKEN", tokens.refresh_token(1))
