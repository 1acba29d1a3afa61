"""Requests that nobody has thought of: schemathesis makes them from the OpenAPI document, good ones and bad.

They are sent as nobody, as an organizer of an event and as staff. Every answer must be described, its
status, its media type and its shape; what is wrong by the document must be refused, what is right
must not be, and nothing may be a failure of the server.
"""

import os
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import schemathesis
from schemathesis import GenerationMode

from chalicelib.auth import tokens
from chalicelib.docs import everything
from chalicelib.docs.openapi_query import WELL_FORMED_KEY
from chalicelib.resources import REGISTRY
from devstack import database
from tests.contract.serving import Running

_SECONDS = 150
_KEPT = 40  # transactions on one copy of the database
_DRAWN = 3  # the first that is drawn is always the plainest; the others are taken
# What a request that is right by the document may be answered with besides success: rules of the nouns
# and rights are more than a schema can say.
_REFUSALS = ["2xx", 302, 304, 401, 403, 404, 405, 409, 422, 429]
VIEWERS = ("nobody", "organizer", "staff")


def run(system: Running) -> bool:
    """Whether nothing was found. It goes on for SECONDS."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))  # noqa: S311
    seconds = float(os.environ.get("SECONDS") or _SECONDS)
    print(f"schemathesis: {seconds:.0f} s, SEED={seed}")
    found = _Run(system, seed)
    found.go_on_until(time.monotonic() + seconds)
    for line in found.told():
        print(line)
    return not found.failures


class _Run:
    def __init__(self, system: Running, seed: int) -> None:
        self._system = system
        self._random = random.Random(seed)  # noqa: S311
        self._schema = _schema(system)
        self._examples = {operation.key: operation for operation in everything.operations(REGISTRY)}
        self._headers: dict[str, dict[str, str]] = {}
        self._until_renewed = 0
        self.sent: Counter[str] = Counter()
        self.operations: set[str] = set()
        self.failures: dict[tuple[str, str], str] = {}

    def go_on_until(self, end: float) -> None:
        """Send request after request, to every operation before the first is asked again."""
        while True:
            operations = [operation.ok() for operation in self._schema.get_all_operations()]
            self._random.shuffle(operations)
            for operation in operations:
                if time.monotonic() > end:
                    return
                self._try(operation)

    def told(self) -> Iterator[str]:
        """What was done, and what was found."""
        for (label, kind), text in sorted(self.failures.items()):
            yield f"{label}: {kind}\n{text}\n"
        asked = ", ".join(f"{count} {name}" for name, count in sorted(self.sent.items()))
        yield (
            f"schemathesis: {sum(self.sent.values())} requests to {len(self.operations)} of "
            f"{len(self._examples)} operations ({asked}), {len(self.failures)} failures"
        )

    def _try(self, operation: Any) -> None:
        good = self._random.random() < 0.5
        for case in self._cases(operation, GenerationMode.POSITIVE if good else GenerationMode.NEGATIVE):
            self._send(case, self._random.choice(VIEWERS), "good" if good else "bad")

    def _send(self, case: Any, viewer: str, kind: str) -> None:
        if self._until_renewed == 0:
            self._renew()
        self._until_renewed -= 1
        response = case.call(base_url=self._system.address, headers=self._headers[viewer], timeout=60)
        self.sent[f"{kind} as {viewer}"] += 1
        self.operations.add(case.operation.label)
        try:
            case.validate_response(response, headers=self._headers[viewer])
        except AssertionError as failure:
            self._note(case, response, viewer, failure)
        except BaseExceptionGroup as several:
            for exception in several.exceptions:
                self._note(case, response, viewer, exception)

    def _note(self, case: Any, response: Any, viewer: str, failure: BaseException) -> None:
        kind = type(failure).__name__
        if kind == "IgnoredAuth" and "`404 Not Found`" in str(failure):
            return  # what somebody may not see is not there for them, which keeps them out as well
        if kind == "RejectedPositiveData" and self._judges(case.operation.label, response):
            return
        text = (
            f"as {viewer}: {response.request.method} {response.request.url}\n{response.request.body!r:.800}\n"
        )
        text += f"{str(failure)[:1500]}\nanswered {response.status_code}: {response.text[:800]}"
        self.failures.setdefault((case.operation.label, kind), text)

    def _judges(self, label: str, response: Any) -> bool:
        """Whether an action points at a value that it has read and found wrong, such as an old password.

        Where the body is no document, it says 400 to that, as the old server did.
        """
        takes = self._examples[label].takes
        if response.status_code != 400 or takes is None or takes.kind != "plain":
            return False
        return all(
            error.get("source", {}).get("pointer", "").strip("/") for error in response.json()["errors"]
        )

    def _cases(self, operation: Any, mode: GenerationMode) -> Iterator[Any]:
        """Requests of this kind, to rows that there are more often than not; none where there can be none."""
        drawn: list[Any] = []
        given: dict[str, Any] = {}
        example = self._examples.get(operation.label)
        in_path = (
            [parameter for parameter in example.parameters if parameter.place == "path"]
            if example is not None
            else []
        )
        if in_path and self._random.random() < 0.8:
            given["path_parameters"] = {item.name: item.example for item in in_path}

        @hypothesis.seed(self._random.randrange(2**32))
        @hypothesis.settings(
            max_examples=_DRAWN,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(operation.as_strategy(generation_mode=mode, **given))
        def draw(case: Any) -> None:
            drawn.append(case)

        try:
            draw()
        except hypothesis.errors.Unsatisfiable:
            return
        for case in drawn[1:] or drawn:
            _give_a_key_of_its_own(case)
            query = case.query or {}
            if mode is GenerationMode.POSITIVE:
                _lead_to_rows(case.body, self._random)
                for name in ("page[after]", "page[before]"):
                    query.pop(name, None)  # nobody makes cursors up: they come from links
            elif any(_is_empty_list(name, value) for name, value in query.items()):
                continue  # on its way it becomes an empty list, which is good
            yield case

    def _renew(self) -> None:
        """Begin with the rows of the examples again, and let user 2 organize event 1."""
        self._system.clones.renew()
        with database.connected(os.environ["DATABASE_URL"]) as connection:
            connection.run(
                "INSERT INTO users_events_roles (user_id, event_id, role_id) "
                "SELECT 2, 1, id FROM roles WHERE name = 'organizer'"
            )
        self._headers = {
            "nobody": {},
            "organizer": {"Authorization": f"JWT {tokens.access_token(2, fresh=True)}"},
            "staff": {"Authorization": f"Bearer {tokens.access_token(1, fresh=True)}"},
        }
        self._until_renewed = _KEPT


def _schema(system: Running) -> Any:
    config = schemathesis.Config.from_dict(
        {
            "checks": {
                "positive_data_acceptance": {"expected-statuses": _REFUSALS},
                "negative_data_rejection": {"expected-statuses": ["4xx"]},
            },
            "generation": {"with-security-parameters": False},  # who asks is not left to chance
        }
    )
    return schemathesis.openapi.from_url(f"{system.address}/docs/openapi.json", config=config)


def _give_a_key_of_its_own(case: Any) -> None:
    """Let a well-formed Idempotency-Key be new: one that was sent with another request is refused by 422.

    Plain keys are drawn again and again, and that refusal comes before the one of who is not signed in.
    """
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and (begins := re.match(r"[ \t]*\"?", key)):
        longer = key[: begins.end()] + uuid.uuid4().hex + key[begins.end() :]
        if re.fullmatch(WELL_FORMED_KEY, key) and re.fullmatch(WELL_FORMED_KEY, longer):
            case.headers["Idempotency-Key"] = longer


def _is_empty_list(name: str, value: Any) -> bool:
    if not isinstance(value, list) and not name.startswith(("fields[", "include", "sort")):
        return False
    parts = value if isinstance(value, list) else [value]
    return not "".join(str(part) for part in parts if part).strip(", ")  # commas with nothing between them


def _lead_to_rows(body: Any, chance: random.Random) -> None:
    """Let identifiers in a document lead to rows that there are."""
    if isinstance(body, dict):
        if set(body) == {"type", "id"}:
            body["id"] = chance.choice(("1", "2"))
        for item in body.values():
            _lead_to_rows(item, chance)
    elif isinstance(body, list):
        for item in body:
            _lead_to_rows(item, chance)
