"""Private files in the bucket, given out as presigned URLs that expire soon.

A file that is too large for memory is stored in parts (S3 multipart upload), from one process or several.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import IO, Any, Final

from chalicelib import aws
from chalicelib.jsonapi.ground.request import content_disposition
from chalicelib.jsonapi.http import delivery
from chalicelib.settings import settings

_PIECE: Final = 2**20  # bytes


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


def get(key: str) -> bytes:
    """The content of a file. Raises boto3's errors."""
    return aws.s3().get_object(Bucket=settings().bucket, Key=key)["Body"].read()


def pieces_of(key: str) -> Iterator[bytes] | None:
    """The content of a file in pieces of bounded size; None where there is none. Raises boto3's errors."""
    stored = aws.stored_object(key)
    return None if stored is None else stored["Body"].iter_chunks(_PIECE)


def begin_parts(key: str, media_type: str, *, file_name: str) -> str:
    """Begin a file in parts; returns the id of the upload. One that is never ended is forgotten in a day."""
    begun = aws.s3().create_multipart_upload(
        Bucket=settings().bucket,
        Key=key,
        ContentType=media_type,
        CacheControl=delivery.NEVER,
        ContentDisposition=content_disposition("attachment", file_name),
    )
    return begun["UploadId"]


def put_part(key: str, upload: str, number: int, content: bytes) -> str:
    """Store part `number`, from 1, in place of a former one; returns its entity tag.

    Every part but the last has 5 MiB at the least.
    """
    place: Any = {"Bucket": settings().bucket, "Key": key, "UploadId": upload, "PartNumber": number}
    return aws.s3().upload_part(Body=content, **place)["ETag"]


def end_parts(key: str, upload: str, tags: Sequence[str]) -> None:
    """Make the file of its parts, whose entity tags these are in order."""
    parts: Any = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    aws.s3().complete_multipart_upload(
        Bucket=settings().bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def presigned(key: str, lifetime: timedelta, *, file_name: str = "") -> str:
    """A URL by which anybody fetches the file for so long, to be saved under this name."""
    saved = {"ResponseContentDisposition": content_disposition("attachment", file_name)} if file_name else {}
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings().bucket, "Key": key, **saved},
        ExpiresIn=int(lifetime.total_seconds()),
    )
