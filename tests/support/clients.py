"""Reuses boto3 clients of the system under test across tests with the same stand-in for AWS.

Creating one takes 6 to 12 ms. A test that traces the system's calls gets new ones.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib import aws
from chalicelib.settings import settings
from devstack.aws_stand_in import CREDENTIALS


@contextmanager
def kept() -> Iterator[None]:
    """Keep clients for the block, by service and by what they depend on."""
    new = aws._client
    clients: dict[tuple[object, ...], Any] = {}

    def client(name: str, **options: Any) -> Any:
        now = settings()
        if now.xray or now.telemetry_audit:
            return new(name, **options)
        key = (name, now.aws_region, now.aws_endpoint_url, *(os.environ.get(each) for each in CREDENTIALS))
        if key not in clients:
            clients[key] = new(name, **options)
        return clients[key]

    aws._client = client
    try:
        yield
    finally:
        aws._client = new
