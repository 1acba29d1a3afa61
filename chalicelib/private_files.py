"""Private files in the bucket, given out as presigned URLs that expire soon."""

from datetime import timedelta
from typing import IO, Any

from chalicelib import aws
from chalicelib.jsonapi.ground.request import content_disposition
from chalicelib.jsonapi.http import delivery
from chalicelib.settings import settings


def put(key: str, content: bytes | IO[bytes], media_type: str, *, file_name: str = "") -> None:
    """Store a file, to be saved under this name unless its URL has another. Raises boto3's errors."""
    saved: Any = {"ContentDisposition": content_disposition("attachment", file_name)} if file_name else {}
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=key,
        Body=content,
        ContentType=media_type,
        CacheControl=delivery.NEVER,
        **saved,
    )


def presigned(key: str, lifetime: timedelta, *, file_name: str = "") -> str:
    """A URL by which anybody fetches the file for so long, to be saved under this name."""
    saved = {"ResponseContentDisposition": content_disposition("attachment", file_name)} if file_name else {}
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings().bucket, "Key": key, **saved},
        ExpiresIn=int(lifetime.total_seconds()),
    )
