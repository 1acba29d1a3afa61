"""Versions of the bucket's objects: brings back what was deleted or replaced after a moment.

A database that is restored to a moment refers to the objects of that moment. What came later stays: no row
refers to it, and it may be the only trace of what is lost.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from chalicelib import aws
from chalicelib.settings import settings

# What the bucket forgets within a day anyway.
_PASSING: Final = ("incoming/", "results/")


def bring_back(moment: datetime, *, dry_run: bool = False) -> dict[str, int]:
    """Make the objects of the moment the present ones. Idempotent; returns the counts.

    S3 notes whole seconds: a version counts if it was there when the moment's second had begun. Raises
    boto3's errors.
    """
    counts = {"files": 0, "deleted since": 0, "replaced since": 0}
    at = moment.replace(microsecond=0)
    for key, versions in _by_key():
        present = next((version for version in versions if version["IsLatest"]), None)
        former = next((version for version in versions if version["LastModified"] <= at), None)
        if former is None or "ETag" not in former:  # not there, or deleted, by then
            continue
        counts["files"] += 1
        if present is not None and present.get("ETag") == former["ETag"]:
            continue
        is_gone = present is None or "ETag" not in present
        counts["deleted since" if is_gone else "replaced since"] += 1
        if not dry_run:
            aws.s3().copy_object(
                Bucket=settings().bucket,
                Key=key,
                CopySource={"Bucket": settings().bucket, "Key": key, "VersionId": former["VersionId"]},
            )
    return counts


def _by_key() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The versions and delete markers of each key, newest first."""
    key, versions = "", list[dict[str, Any]]()
    for version in _versions():
        if version["Key"] != key and versions:
            yield key, _newest_first(versions)
            versions = []
        key = version["Key"]
        versions.append(version)
    if versions:
        yield key, _newest_first(versions)


def _versions() -> Iterator[dict[str, Any]]:
    """All versions and delete markers, by key."""
    pages = aws.s3().get_paginator("list_object_versions").paginate(Bucket=settings().bucket)
    for page in pages:
        seen: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for version in sorted(seen, key=lambda each: str(each["Key"])):
            if not version["Key"].startswith(_PASSING):
                yield version


def _newest_first(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(versions, key=lambda each: (each["LastModified"], each["IsLatest"]), reverse=True)
