"""A file's type is told by its first 4 KiB, and what it takes to judge it does not grow with the file."""

import tracemalloc
from typing import Any, Final

import pytest
from botocore.response import StreamingBody

from chalicelib import aws, uploads
from chalicelib.settings import settings
from chalicelib.uploads import sniff
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, put, stored
from tests.uploads.news import news_of

SMALL, LARGE = 10_000, 16_000_000
_LEEWAY: Final = 300_000  # bytes: what a cache here and there remembers


class CountedBody:
    """The body of the bucket's answer, with a count of the bytes that were read of it."""

    def __init__(self, body: StreamingBody, read: list[int]) -> None:
        self._body, self._read = body, read

    def read(self, amount: int | None = None) -> bytes:
        """As StreamingBody does."""
        content: bytes = self._body.read(amount)
        self._read.append(len(content))
        return content


class CountingBucket:
    """The bucket, with what was asked of it and how many bytes came back."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.asked: list[str] = []
        self.announced: list[int] = []
        self.read: list[int] = []

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("exceptions"):
            self.asked.append(name)
        return getattr(self._real, name)

    def get_object(self, **asked: Any) -> Any:
        """One range, and the bytes that the bucket sent for it."""
        self.asked.append("get_object")
        answer = self._real.get_object(**asked)
        self.announced.append(answer["ContentLength"])
        return {**answer, "Body": CountedBody(answer["Body"], self.read)}


def _judged(organizer: Organizer, talk_id: str, size: int, patch: pytest.MonkeyPatch) -> tuple[Any, int, str]:
    """Let a film of this size arrive: what was asked of the bucket, the most memory, and the upload."""
    id = organizer.upload(samples.MP4.ljust(size, b"\0"), "session.video-url", talk_id)
    bucket = CountingBucket(aws.s3())
    news = news_of(f"incoming/{id}")
    with patch.context() as swapped:
        swapped.setattr(aws, "s3", lambda: bucket)
        tracemalloc.start()
        try:
            uploads.receive(news)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return bucket, most, id


def test_neither_the_bytes_that_are_read_nor_the_memory_grow_with_the_file(
    organizer: Organizer, talk_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judged(organizer, talk_id, SMALL, monkeypatch)  # whatever is only done the first time
    found = {size: _judged(organizer, talk_id, size, monkeypatch) for size in (SMALL, LARGE)}

    for size, (bucket, _most, id) in found.items():
        assert bucket.asked == ["get_object", "copy_object", "delete_object"]
        assert (bucket.announced, bucket.read) == ([sniff.HEAD], [sniff.HEAD])
        assert organizer.outcome(id)["state"] == "ready"
        assert organizer.outcome(id)["size"] == size
    assert found[LARGE][1] - found[SMALL][1] < _LEEWAY < LARGE


def test_a_large_file_is_published_whole(organizer: Organizer, talk_id: str, pump: Pump) -> None:
    id = organizer.upload(samples.MP4.ljust(LARGE, b"\0"), "session.video-url", talk_id)
    pump.everything()

    kept = aws.s3().head_object(Bucket=settings().bucket, Key=f"media/session/{talk_id}/{id}.mp4")
    assert kept["ContentLength"] == LARGE


def test_what_is_over_the_limit_is_refused_by_its_size_alone(
    organizer: Organizer, talk_id: str, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.setenv("UPLOAD_MAX_BYTES", str(SMALL))
    settings.cache_clear()
    bucket, _most, id = _judged(organizer, talk_id, LARGE, monkeypatch)

    assert organizer.outcome(id)["reason"] == (
        f"The file has {LARGE} bytes; session.video-url takes up to {SMALL}."
    )
    assert bucket.asked == ["get_object", "delete_object"]
    assert bucket.read == [sniff.HEAD]
    assert stored() == []


def test_a_file_shorter_than_what_is_looked_at_is_read_whole(organizer: Organizer, talk_id: str) -> None:
    id = str(organizer.ask("session.video-url", talk_id).data["id"])
    put(f"incoming/{id}", samples.MP4)
    uploads.receive(news_of(f"incoming/{id}"))

    assert organizer.outcome(id)["size"] == len(samples.MP4) < sniff.HEAD
