"""Media of the former installation: found by their URLs among its files, and stored as uploads are.

Nothing is fetched from the network but from the bucket that the operator names. A file is stored under a key
that follows from where it lay, so that it is stored once, however often the move is repeated.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import unquote, urlsplit

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.upload_urls import MEDIA
from chalicelib.uploads import sniff
from chalicelib.uploads.arrival import disposition
from chalicelib.uploads.upload import FOREVER, clean_name, public_url

FOLDER: Final = f"{MEDIA}moved/"
_STATIC: Final = re.compile(r"/?(static/(?:media|uploads)/.+)")
_STATIC_PREFIXES: Final = ("static/media/", "static/", "")
_AMAZON: Final = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")
_AMAZON_PATHS: Final = re.compile(r"s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")
_MISSING: Final = "missing"
_AT_ONCE: Final = 8  # files
_MOST_KNOWN: Final = 10_000
_GOOGLE: Final = "storage.googleapis.com"


@dataclass(slots=True)
class Copied:
    """Counts of files: `copied` now, `present` from a former run, `missing`, and `unfit` to be served."""

    copied: int = 0
    present: int = 0
    missing: int = 0
    unfit: int = 0


@dataclass
class Media:
    """The files below `place`: a folder, or s3://BUCKET/PREFIX. `buckets` are those of the installation."""

    place: str | None
    buckets: frozenset[str]
    dry_run: bool = False
    counts: Copied = field(default_factory=Copied)
    _known: dict[str, "Stored"] = field(default_factory=dict)

    def stored(self, url: str) -> tuple[str | None, str | None]:
        """(the URL here, what is wrong). A URL that is none of the installation's stays as it is.

        None for the URL of a file that cannot be served, as it is not what it should be.
        """
        key = self.key_of(url)
        if key is None or self.place is None:
            return url, None
        if key not in self._known:
            self._note(key, self._store(key))
        known = self._known[key]
        return (url if known.outcome == _MISSING else known.url), known.problem

    def store_all(self, urls: Iterable[str]) -> None:
        """Store the files of many URLs at once, a few at a time: each waits for the bucket."""
        if self.place is None:
            return
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        keys = {key for key in map(self.key_of, urls) if key is not None} - self._known.keys()
        if not keys:
            return
        aws.s3()  # made before threads share it
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for key, stored in zip(sorted(keys), pool.map(self._store, sorted(keys)), strict=True):
                self._note(key, stored)

    def _note(self, key: str, stored: "Stored") -> None:
        self._known[key] = stored
        setattr(self.counts, stored.outcome, getattr(self.counts, stored.outcome) + 1)

    def key_of(self, url: str) -> str | None:
        """Where a file of the installation lies, below its media folder or in its bucket; else None."""
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", unquote(parts.path)
        except ValueError:
            return None
        if parts.scheme not in {"", "http", "https"}:
            return None
        bucket = _AMAZON.fullmatch(host)
        if bucket is not None and bucket["bucket"] in self.buckets:
            return path.lstrip("/") or None
        if host == _GOOGLE or _AMAZON_PATHS.fullmatch(host):
            named, _, key = path.lstrip("/").partition("/")
            return key or None if named in self.buckets else None
        found = _STATIC.fullmatch(path)
        return found[1] if found else None

    def _store(self, key: str) -> "Stored":
        lying = self._open(key)
        if lying is None:
            return Stored(_MISSING, None, f"no such file: {key}")
        with closing(lying) as content:
            head = content.read(sniff.HEAD)
            mime_type = sniff.true_type(head)
            extension = sniff.EXTENSIONS.get(mime_type)
            if not head or extension is None:
                return Stored("unfit", None, f"a file of this type is not served ({mime_type}): {key}")
            media_key = f"{FOLDER}{uuid.uuid5(uuid.NAMESPACE_URL, key)}.{extension}"
            outcome = "present"
            if not self.dry_run and _size(settings().bucket, media_key) is None:
                _put(media_key, head, content, key.rpartition("/")[2], mime_type)
                outcome = "copied"
        return Stored(outcome, public_url(media_key))

    def _open(self, key: str) -> Any:
        place = self.place or ""
        if place.startswith("s3://"):
            bucket, _, prefix = place.removeprefix("s3://").partition("/")
            return next(filter(None, (_object(bucket, name) for name in _names(prefix, key))), None)
        root = Path(place).resolve()
        for name in _names("", key):
            try:
                path = (root / name).resolve()
                if path.is_relative_to(root) and path.is_file():
                    return path.open("rb")
            except (OSError, ValueError):  # a name that no file system takes
                continue
        return None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a file: the name of its count, its URL here, and what is wrong."""

    outcome: str
    url: str | None
    problem: str | None = None


class _Whole:
    """A file object that begins with bytes that were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        head, self._head = self._head, b""
        if head:
            return head if size < 0 or len(head) <= size else self._split(head, size)
        return self._rest.read(size)

    def _split(self, head: bytes, size: int) -> bytes:
        self._head = head[size:]
        return head[:size]


def _put(media_key: str, head: bytes, content: Any, name: str, mime_type: str) -> None:
    aws.s3().upload_fileobj(
        cast(BinaryIO, _Whole(head, content)),
        settings().bucket,
        media_key,
        ExtraArgs={
            "ContentType": mime_type,
            "ContentDisposition": disposition(clean_name(name) or "file", mime_type),
            "CacheControl": FOREVER,
        },
    )


def _names(prefix: str, key: str) -> Iterator[str]:
    """Where the file may lie: the operator may name the installation's folder, or one below it."""
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    bare = key
    for known in _STATIC_PREFIXES[:-1]:
        bare = bare.removeprefix(known)
    yield f"{start}{key}"
    for known in _STATIC_PREFIXES:
        if f"{known}{bare}" != key:
            yield f"{start}{known}{bare}"


def _object(bucket: str, key: str) -> Any:
    if _size(bucket, key) is None:
        return None
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"]


def _size(bucket: str, key: str) -> int | None:
    """The size of an object in bytes; None where there is none. Raises the client's other errors."""
    client = aws.s3()
    try:
        return int(client.head_object(Bucket=bucket, Key=key)["ContentLength"])
    except client.exceptions.ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] in {404, 403}:
            return None
        raise
