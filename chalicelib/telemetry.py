"""The one door to tracing and metrics.

Metrics are lines in CloudWatch's embedded metric format, which cost no API call. X-Ray is
imported only when the setting XRAY is on.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import clock
from chalicelib.settings import settings

NAMESPACE = "OpenEventServerless"


def metric(name: str, value: float, unit: str = "Count", **dimensions: str) -> None:
    """Write one measurement as an embedded-metric line on standard output.

    `unit` is a CloudWatch unit: Count, Seconds, Milliseconds, Bytes, None.
    Source: CloudWatch Embedded Metric Format specification.
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


@contextmanager
def span(name: str) -> Iterator[None]:
    """A named stretch of work in the current trace; nothing at all when XRAY is off."""
    if not settings().xray:
        yield
        return
    from aws_xray_sdk.core import xray_recorder  # 330 ms: only when tracing is on

    with xray_recorder.in_subsegment(name):
        yield
