"""Persistence of the local bucket: objects are saved to a directory and restored at the next start."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from devstack import aws_stand_in
from devstack.aws_stand_in import INCOMING, Resources

_KEPT = ("ContentType", "ContentDisposition", "CacheControl", "ContentEncoding", "Metadata")


class Archive:
    """A directory that mirrors a bucket. Only changes since the last save are written."""

    def __init__(self, directory: Path, resources: Resources) -> None:
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._s3 = aws_stand_in.client("s3", resources.endpoint)
        self._bucket = resources.bucket
        self._index: dict[str, dict[str, Any]] = {}

    def load(self) -> int:
        """Restore all objects; returns how many.

        Pending ones under incoming/ come last: the bucket emits events for them again.
        """
        path = self._directory / "index.json"
        known: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        for key in sorted(known, key=lambda key: (key.startswith(INCOMING), key)):
            if not self._file(key).exists():
                continue
            with self._file(key).open("rb") as content:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, **known[key]["headers"])
            self._index[key] = known[key]
        return len(self._index)

    def save(self) -> None:
        """Save new objects and delete removed ones."""
        present = {
            stored["Key"]: stored["ETag"]
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            for stored in page.get("Contents", ())
        }
        changed = [key for key, etag in present.items() if self._index.get(key, {}).get("etag") != etag]
        gone = self._index.keys() - present.keys()
        if not changed and not gone:
            return
        for key in changed:
            self._fetch(key)
        for key in gone:
            del self._index[key]
        unfinished = self._directory / "index.unfinished"
        unfinished.write_text(json.dumps(self._index, indent=1))
        unfinished.rename(self._directory / "index.json")
        for key in gone:
            self._file(key).unlink(missing_ok=True)

    def _fetch(self, key: str) -> None:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
        except self._s3.exceptions.NoSuchKey:
            return  # deleted since it was listed; left to the next save
        unfinished = self._file(key).with_suffix(".unfinished")
        with unfinished.open("wb") as target:
            shutil.copyfileobj(found["Body"], target)
        unfinished.rename(self._file(key))
        headers = {name: found[name] for name in _KEPT if found.get(name)}
        self._index[key] = {"etag": found["ETag"], "headers": headers}

    def _file(self, key: str) -> Path:
        return self._directory / hashlib.sha256(key.encode()).hexdigest()
