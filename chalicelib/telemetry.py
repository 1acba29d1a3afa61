"""Telemetry: CloudWatch metrics and X-Ray tracing.

Metrics are log lines in CloudWatch's embedded metric format, which cost no API call. X-Ray is imported only
when the setting XRAY is on, and gets what telemetry_xray.py records, without personal data.
"""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chalicelib import clock, log
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.telemetry_xray import Tracer

NAMESPACE = "OpenEventServerless"

Note = Callable[..., None]

# A trace as stored in a row: the trace id of log lines, followed by X-Ray's header if there is one.
# An id of zeros stands for no trace.
_HEADER: Final = re.compile(r" (Root=(1-(?!0{8})[0-9a-f]{8}-[0-9a-f]{24});Parent=[0-9a-f]{16};Sampled=[01])$")


def metric(name: str, value: float, unit: str = "Count", **dimensions: str) -> None:
    """Write one metric as an embedded-metric line on standard output.

    `unit` is a CloudWatch unit: Count, Seconds, Milliseconds, Bytes, None. Source: CloudWatch Embedded Metric
    Format specification.
    """
    dimensions = {"stage": settings().stage, **dimensions}
    line = {
        "_aws": {
            "Timestamp": int(clock.now().timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [sorted(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit}],
                }
            ],
        },
        **dimensions,
        name: value,
    }
    print(json.dumps(line), flush=True)
    log.audit("metrics", line)


def span(name: str, **annotations: str | int) -> AbstractContextManager[Note]:
    """A span of the current trace, for a with block; does nothing when XRAY is off.

    The block gets a function for more annotations: note(size=3). No personal data.
    """
    tracer = _tracer() if settings().xray else None
    return tracer.span(name, annotations) if tracer else _OFF


def request(method: str, route: Callable[[], str]) -> AbstractContextManager[Note]:
    """The span of an HTTP request; the block calls note(status=...).

    `route()` returns the path with {names} for its parameters; called only when XRAY is on.
    """
    tracer = _tracer() if settings().xray else None
    return tracer.request(method, route) if tracer else _OFF


def instrument_connect(connect: Callable[..., Any]) -> Callable[..., Any]:
    """The database connect function, instrumented if XRAY is on."""
    tracer = _tracer() if settings().xray else None
    return tracer.connect if tracer else connect


def instrument(client: Any) -> None:
    """Instrument a boto3 client, if XRAY is on."""
    tracer = _tracer() if settings().xray else None
    if tracer:
        tracer.instrument(client)


def outgoing_trace() -> str:
    """The current trace as a text to store, for work that follows from this invocation; see split_trace()."""
    tracer = _tracer() if settings().xray else None
    both = f"{log.trace_id()} {tracer.header() if tracer else ''}"
    return both if _HEADER.search(both) else log.trace_id()


def split_trace(trace: str) -> tuple[str, str]:
    """Split a stored trace: (trace id of log lines, X-Ray header or "")."""
    match = _HEADER.search(trace)
    return (trace[: match.start()], match[1]) if match else (trace, "")


def link(header: str) -> dict[str, str]:
    """Annotation that links a span to the trace it follows from: {"caused_by": its id}, or {}."""
    match = _HEADER.search(f" {header}")
    return {"caused_by": match[2]} if match else {}


def forget() -> None:
    """Drop the recorder, after a change of settings (tests)."""
    _tracer.cache_clear()


def _noop(**_annotations: str | int) -> None:
    """Does nothing."""


_OFF: Final = nullcontext(_noop)


@cache
def _tracer() -> "Tracer | None":
    """The X-Ray tracer; None, with a log line, if it cannot be made. Takes some 100 ms in Lambda."""
    try:
        return _made()
    except Exception as problem:
        log.error("there is no tracing: X-Ray's recorder cannot be made", problem)
        return None


def _made() -> "Tracer":
    from aws_xray_sdk.core import AWSXRayRecorder  # lazy: 100 ms, after the first answer has begun
    from aws_xray_sdk.core.emitters.udp_emitter import PROTOCOL_DELIMITER, PROTOCOL_HEADER, UDPEmitter
    from aws_xray_sdk.core.sampling.local.sampler import LocalSampler

    from chalicelib.telemetry_xray import Tracer, safely

    class Emitter(UDPEmitter):  # type: ignore[misc]
        """Sends to the daemon beside us, and shows the audit what it sends."""

        def send_entity(self, entity: Any) -> None:
            """Send a finished part of a trace. Never raises: what goes wrong is in the log."""
            safely(self._send, entity.serialize())

        def _send(self, document: str) -> None:
            log.audit("xray", json.loads(document))
            self._send_data(PROTOCOL_HEADER + PROTOCOL_DELIMITER + document)

    recorder = AWSXRayRecorder()
    # In Lambda the runtime decides on sampling; elsewhere everything is sampled, without asking a daemon.
    # Each subsegment is sent when done: all together could exceed a datagram.
    recorder.configure(
        sampling=False,
        sampler=LocalSampler(),
        context_missing="IGNORE_ERROR",
        emitter=Emitter(),
        streaming_threshold=0,
    )
    return Tracer(recorder)
