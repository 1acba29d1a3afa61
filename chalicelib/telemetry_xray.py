"""X-Ray tracing: where the time of a request, task or file is spent, without personal data.

Statements are recorded without values, AWS calls without content, exceptions without their text. Errors in
tracing are logged once per type and never break the work.
"""

import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

from chalicelib import log
from chalicelib.db_errors import sqlstate
from chalicelib.driver import Connection

Annotations = Mapping[str, str | int]
Answer = TypeVar("Answer")
Statements = list[tuple[str, str]]  # (text, SQLSTATE or "")

_SERVICE: Final = "open-event-serverless"  # the segment's name outside of Lambda
_NO_NAME: Final = re.compile(r"[^\w\s.:/%&#=+\\@-]")  # characters not allowed in a segment's name
_LONGEST_NAME: Final = 200
_DEEPEST_STACK: Final = 20
_LONGEST_STATEMENT, _ENDING = 1_000, 200
# Quoted strings and comments, so that a quote inside one does not end another.
_TOKENS: Final = re.compile(
    r"""
    (?P<name> "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* | /\*.*?\*/ )
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$ .*? (?: \$(?P=tag)\$ | \Z )
    | \b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
    | '[^']*(?:''[^']*)*(?:'|\Z)
    """,
    re.DOTALL | re.VERBOSE,
)


def safely(tell: Callable[..., Answer], *given: Any) -> Answer | None:
    """The result of `tell(*given)`; None if it raises, which is logged once per exception type."""
    try:
        return tell(*given)
    except Exception as problem:
        log.once("something could not be told to X-Ray", problem)
        return None


@lru_cache(300)
def without_values(sql: str) -> str:
    """The statement for display: literals and comments removed, one line, truncated."""
    text = _TOKENS.sub(lambda match: match["name"] or (" " if match["comment"] else "'?'"), sql)
    text = " ".join(text.split())
    if len(text) <= _LONGEST_STATEMENT:
        return text
    return f"{text[: _LONGEST_STATEMENT - _ENDING]} ... {text[-_ENDING:]}"


class Tracer:
    """Writes to X-Ray's recorder. Where there is no segment, as outside Lambda, a span starts one."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder
        self.connect = partial(InstrumentedConnection, self.statements)

    @contextmanager
    def span(self, name: str, annotations: Annotations, http: Annotations | None = None) -> Iterator[Any]:
        """A (sub)segment for the block, which may note() more annotations."""
        part, own = safely(self._begin, name, annotations, http or {}) or (None, False)
        try:
            yield lambda **more: safely(_note, part, more)
        except Exception as problem:
            safely(_fail, part, problem)
            raise
        finally:
            if part is not None:
                safely(self._end, own)

    @contextmanager
    def request(self, method: str, route: Callable[[], str]) -> Iterator[Any]:
        """The segment of an HTTP request."""
        address = safely(route) or "/{unknown}"
        name = address.replace("{", ":").replace("}", "")  # X-Ray's names have no braces
        with self.span(f"{method} {name}", {"route": address}, {"method": method, "url": address}) as note:
            yield note

    def statements(self, done: Statements, began: float, ended: float) -> None:
        """Record statements that were sent together, with one begin and end (Unix time)."""
        safely(self._statements, done, began, ended)

    def instrument(self, client: Any) -> None:
        """Record every call of a boto3 client, failed ones too."""
        service, region = client.meta.service_model.service_id, client.meta.region_name

        def before(params: Any, context: dict[str, Any], **_: object) -> None:
            context["telemetry"] = {"began": time.time(), "prefix": safely(_prefix, params)}

        def after(event_name: str, context: dict[str, Any], **answer: Any) -> None:
            call = {"operation": event_name.rpartition(".")[2], "region": region}
            safely(self._call, service, call, context.pop("telemetry", {}), answer)

        client.meta.events.register("before-parameter-build", before)
        client.meta.events.register("after-call", after)
        client.meta.events.register("after-call-error", after)

    def header(self) -> str:
        """The current trace as X-Ray's header; "" where there is none."""
        return safely(self._header) or ""

    def _header(self) -> str:
        entity = self._recorder.get_trace_entity()
        if entity is None:
            return ""
        trace = self._recorder.current_segment().trace_id
        return f"Root={trace};Parent={entity.id};Sampled={int(entity.sampled)}"

    def _begin(self, name: str, annotations: Annotations, http: Annotations) -> tuple[Any, bool]:
        around = self._recorder.get_trace_entity()
        if around is None:
            self._recorder.begin_segment(_SERVICE)
        elif not around.sampled:
            return None, False
        part = self._recorder.begin_subsegment(_NO_NAME.sub("", name)[:_LONGEST_NAME])
        safely(_note, part, {**annotations, **({"log_trace": log.trace_id()} if log.trace_id() else {})})
        for key, value in http.items():
            part.put_http_meta(key, value)
        return part, around is None

    def _end(self, own: bool) -> None:
        try:
            self._recorder.end_subsegment()
            if own:
                self._recorder.end_segment()
        except Exception:
            self._recorder.clear_trace_entities()  # else the next invocation would continue this trace
            raise

    def _statements(self, done: Statements, began: float, ended: float) -> None:
        for sql, code in done:
            with self._done("PostgreSQL", "remote", began, ended) as part:
                if part is None:
                    return
                part.set_sql({"database_type": "PostgreSQL", "sanitized_query": without_values(sql)})
                if code:
                    _note(part, {"error_code": code})
                    part.add_error_flag() if code.startswith(("22", "23")) else part.add_fault_flag()

    def _call(self, service: str, call: dict[str, str], parameters: Any, answer: Any) -> None:
        with self._done(service, "aws", parameters.get("began") or time.time(), time.time()) as part:
            if part is None:
                return
            parsed, response = answer.get("parsed") or {}, answer.get("http_response")
            request_id = parsed.get("ResponseMetadata", {}).get("RequestId")
            part.set_aws({**call, **({"request_id": request_id} if request_id else {})})
            if parameters.get("prefix"):
                _note(part, {"prefix": parameters["prefix"]})
            if response is not None:
                part.put_http_meta("status", response.status_code)
            if "exception" in answer:
                _note(part, {"error_code": type(answer["exception"]).__name__})
                part.add_fault_flag()
            elif parsed.get("Error", {}).get("Code"):
                _note(part, {"error_code": parsed["Error"]["Code"]})

    @contextmanager
    def _done(self, name: str, namespace: str, began: float, ended: float) -> Iterator[Any]:
        """A subsegment for something that has ended; None if not sampled."""
        entity = self._recorder.get_trace_entity()
        if entity is None or not entity.sampled:
            yield None
            return
        part = self._recorder.begin_subsegment(name, namespace)
        part.start_time = began
        try:
            yield part
        finally:
            self._recorder.end_subsegment(ended)


class InstrumentedConnection(Connection):
    """A connection that reports each exchange: the statements, begin and end (Unix time)."""

    def __init__(
        self, report: Callable[[Statements, float, float], None], *arguments: Any, **options: Any
    ) -> None:
        self._told = report
        super().__init__(*arguments, **options)

    def flush_pending(self) -> None:
        """As Connection.flush_pending, reported."""
        answers = [pending.answer for pending in self._queue]
        if not answers:
            return
        began, lost = time.time(), ""
        try:
            super().flush_pending()
        except BaseException as problem:
            lost = _code(problem)
            raise
        finally:
            known = any(answer.error is not None for answer in answers)
            codes = [
                _code(answer.error) if answer.error is not None else "" if known else lost
                for answer in answers
            ]
            self._told(
                [(answer.statement, code) for answer, code in zip(answers, codes, strict=True)],
                began,
                time.time(),
            )

    def execute_simple(self, statement: str) -> Any:
        """As Connection.execute_simple, reported."""
        self.flush_pending()
        began, lost = time.time(), ""
        try:
            return super().execute_simple(statement)
        except BaseException as problem:
            lost = _code(problem)
            raise
        finally:
            self._told([(statement, lost)], began, time.time())


def _code(problem: BaseException) -> str:
    return sqlstate(problem) or type(problem).__name__


def _note(part: Any, annotations: Annotations) -> None:
    if part is None:
        return
    for key, value in annotations.items():
        part.put_annotation(key, value)
        if key == "status":
            part.put_http_meta(key, value)


def _fail(part: Any, problem: Exception) -> None:
    """Record an exception's type and stack, not its text, which may quote values."""
    if part is not None:
        wordless = type(type(problem).__name__, (Exception,), {})()
        part.add_exception(wordless, traceback.extract_tb(problem.__traceback__, limit=-_DEEPEST_STACK))


def _prefix(params: Mapping[str, Any]) -> str:
    """The folder of an object key: the rest may be personal."""
    folder, slash, _ = str(params.get("Key") or "").partition("/")
    return folder + slash if slash else ""
