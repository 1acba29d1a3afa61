"""What the bucket tells when an object has appeared."""

from typing import Any

from chalicelib.settings import settings
from devstack.pump import object_created_event


def news_of(key: str, how: str = "ObjectCreated:Post", bucket: str | None = None) -> dict[str, Any]:
    """What EventBridge says when an object has appeared."""
    name = bucket or settings().bucket
    return object_created_event(
        {
            "eventTime": "2026-11-21T10:00:00.000Z",
            "eventName": how,
            "s3": {
                "bucket": {"name": name, "arn": f"arn:aws:s3:::{name}"},
                "object": {"key": key, "size": 1, "eTag": "x"},
            },
        }
    )
