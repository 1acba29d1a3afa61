"""Our own contestant: called as Lambda calls it, with an API Gateway event.

It also measures how long the hand-over to the queue took after a write's commit, how many round trips to the
database an answer needed, and what PostgreSQL reports about the statements.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import app
from benchmarks.cases import BY_KEY, LOGGED_IN, Case, encoded, new_session, target
from benchmarks.round_trips import CountedSocket, counted
from chalicelib import db, outbox, signals
from chalicelib.auth import tokens
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.query.cursor import encode
from chalicelib.tasks.registry import task
from devstack import gateway

Ready = Callable[[], tuple[str, float, float]]
NOTHING = "do_nothing_for_the_benchmark"


@task(NOTHING)
def do_nothing(_session: Any, **_arguments: Any) -> None:
    """A task that costs nothing, so that what is measured is the way to it."""


class Contestant:
    """Answers the cases; `ready` prepares one answer and the caller takes the time of it."""

    def __init__(self, brief: Mapping[str, Any]) -> None:
        self.brief = brief
        self._counter: CountedSocket | None = None
        self.token = tokens.access_token(brief["user_id"], fresh=True)
        self._handing_over = 0.0
        self.relay = outbox.relay
        # What follows the commit is measured by itself, in hand_over().
        outbox.relay = _nothing
        self._make_session_tell_the_outbox()

    def ready(self, key: str, id: int) -> Ready:
        """The answer to a case, or to a path, about to be given. With "+" at the end it is logged in.

        What is called then returns the body and, as for all contestants, the seconds of it that do not
        count, and those of them that the processor worked: none here.
        """
        token = self.token if key.endswith(LOGGED_IN) else None
        plain = key.removesuffix(LOGGED_IN)
        case = BY_KEY.get(plain)
        document = None
        if case is None:
            event, status = _event("GET", encoded(plain), token), None
        elif case.method == "POST":
            document = new_session(id, self.brief["tracks"][str(id)])
            event, status = _event("POST", self._as_everybody_sees(case, id), self.token, document), 201
        else:
            event, status = _event("GET", target(case, id), token), 200
        context = gateway.LambdaContext("api_handler")

        def answer() -> tuple[str, float, float]:
            given = app.app(event, context)
            if status is not None and given["statusCode"] != status:
                raise AssertionError(f"case {key}: {given['statusCode']} {given['body'][:500]}")
            return given["body"], 0.0, 0.0

        return answer

    def _as_everybody_sees(self, case: Case, id: int) -> str:
        """The path of a POST that is answered as the others answer it, who know no rights."""
        noun = self.brief["nouns"]["session"]
        shown = [*(attribute["wire"] for attribute in noun["attributes"]), *noun["relationships"]]
        return encoded(f"{case.path.format(id=id)}?fields[session]={','.join(shown)}")

    def round_trips(self, key: str, id: int) -> int:
        """Round trips to the database up to the answer, on a connection that is warm.

        Those of the hand-over to the queue, which follows the commit, do not count.
        """
        with db.read_only() as session:
            self._counter = counted(session.info["driver"])
        answer = self.ready(key, id)
        before = self._counter.count
        answer()
        return self._counter.count - before

    def hand_over(self, key: str, ids: list[int]) -> dict[str, float]:
        """Medians in ms of a write whose messages are handed over at once: `beside` is the hand-over,
        and `in between` the answer without it, which comes slower from caches that have cooled.
        """
        self.relay(100_000)  # what the race has left
        outbox.relay = self._timed_relay
        took, beside = [], []
        for id in ids:
            answer = self.ready(key, id)
            self._handing_over, began = 0.0, time.perf_counter()
            answer()
            took.append(time.perf_counter() - began - self._handing_over)
            beside.append(self._handing_over)
        outbox.relay = _nothing
        return {"beside": statistics.median(beside) * 1000, "in between": statistics.median(took) * 1000}

    def _timed_relay(self, limit: int = 50, ahead: timedelta = timedelta()) -> int:
        began = time.perf_counter()
        sent = self.relay(limit, ahead)
        self._handing_over += time.perf_counter() - began
        return sent

    def cursor(self, base: str, number: int) -> list[str]:
        """The paths of the first page and of a late one, both by cursor, in the order of ids."""
        before = json.loads(ask("GET", encoded(f"{base}&page[number]={number - 1}")))["data"][-1]["id"]
        return [f"{base}&page[after]={encode([id])}" for id in ("0", before)]

    def statements(self, key: str, id: int) -> list[dict[str, float]]:
        """What planning and execution of each statement of an answer cost the server, in ms."""
        seen: list[tuple[str, tuple[object, ...]]] = []
        fetch = db.fetch

        def listening(session: Any, sql: str, values: Any = (), **options: Any) -> list[list[Any]]:
            seen.append((sql, tuple(values)))
            return fetch(session, sql, values, **options)

        db.fetch = listening
        try:
            self.ready(key, id)()
        finally:
            db.fetch = fetch
        told = []
        for sql, values in seen:
            with db.read_only() as session:
                ((plan,),) = fetch(session, f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
            told.append({"planning": plan[0]["Planning Time"], "execution": plan[0]["Execution Time"]})
        return told

    def _make_session_tell_the_outbox(self) -> None:
        """A write is measured with an outbox row, also while no task listens to new sessions."""
        if self._outbox_rows_of_a_post():
            return

        @signals.on("session.created")
        def remember(session: Any, *, id: int, **_payload: object) -> None:
            outbox.add(session, NOTHING, {"session_id": id})

    def _outbox_rows_of_a_post(self) -> int:
        def rows() -> int:
            with db.read_only() as session:
                return int(db.fetch(session, "SELECT count(*) FROM outbox")[0][0])

        before = rows()
        self.ready("4", self.brief["write"][0])()
        return rows() - before


def _nothing(limit: int = 0, ahead: timedelta = timedelta()) -> int:
    return 0


def ask(method: str, path: str, token: str | None = None) -> str:
    """The body of an answer that must be a success."""
    given = app.app(_event(method, path, token), gateway.LambdaContext("api_handler"))
    if given["statusCode"] != 200:
        raise AssertionError(f"{method} {path}: {given['statusCode']} {given['body'][:500]}")
    body: str = given["body"]
    return body


def _event(method: str, path: str, token: str | None, document: object = None) -> dict[str, Any]:
    headers = {"Accept": MEDIA_TYPE, "Host": "api.example.org"}
    body = b""
    if document is not None:
        headers["Content-Type"] = MEDIA_TYPE
        body = json.dumps(document).encode()
    if token:
        headers["Authorization"] = f"JWT {token}"
    event = gateway.event_from_http(app.app.routes, method, path, headers.items(), body)
    if event is None:
        raise LookupError(f"app.py has no route for {path}")
    return event
