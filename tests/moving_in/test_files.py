"""Files of the former installation are stored as uploads are, under their true types."""

import json
from pathlib import Path

import pytest

from chalicelib import aws
from chalicelib.moving_in.media import Media
from devstack.aws_stand_in import Resources
from tests.moving_in.conftest import Installation
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
)
LIES = "static/media/users/5/original/Y2swNzU4MD/avatar.gif"
MISSING = "static/media/users/2/original/OWNNTjNZZX/photo_1.jpg"
AVATAR = "SELECT original_image_url FROM users WHERE id = 5"


def test_without_files_urls_stay(installation: Installation, database: TestDatabase) -> None:
    assert database.one(AVATAR).startswith("https://api.events.example/static/media/users/5/")
    assert installation.report.files["copied"] == 0


def test_files_are_copied_once_and_served_as_what_they_are(
    installation: Installation, database: TestDatabase, stand_in: Resources
) -> None:
    (installation.files / MISSING).unlink(missing_ok=True)
    report = installation.move(media=str(installation.files))
    assert report.files["copied"] > 100
    lines = [json.loads(line) for line in report.path.read_text().splitlines()]
    absent = {(line["table"], line["id"], line["column"]) for line in lines if line["kind"] == "file"}
    assert ("users", 2, "original_image_url") in absent
    stays = database.one("SELECT original_image_url FROM users WHERE id = 2")
    assert stays == f"https://api.events.example/{MISSING}"
    url = database.one(AVATAR)
    assert url.startswith("https://media.example.org/media/moved/")
    key = url.removeprefix("https://media.example.org/")
    stored = aws.s3().get_object(Bucket=stand_in.bucket, Key=key)
    assert stored["Body"].read() == (installation.files / LIES).read_bytes()
    assert stored["ContentType"].startswith("image/")
    again = installation.move(media=str(installation.files))
    assert again.files["copied"] == 0
    assert database.one(AVATAR) == url


def test_files_in_a_bucket_come_as_well(
    installation: Installation, database: TestDatabase, stand_in: Resources
) -> None:
    content = (installation.files / LIES).read_bytes()
    aws.s3().put_object(Bucket=stand_in.bucket, Key=f"former/{LIES}", Body=content)
    media = Media(f"s3://{stand_in.bucket}/former", frozenset())
    here, problem = media.stored(f"https://api.events.example/{LIES}")
    assert (problem, media.counts.copied) == (None, 1)
    assert str(here).startswith("https://media.example.org/media/moved/")
    assert media.stored("https://api.events.example/static/media/none/x")[0] == (
        "https://api.events.example/static/media/none/x"
    )


@pytest.mark.parametrize(
    ("url", "comes"),
    [
        ("https://a.example/static/media/x/y/photo.html", True),
        ("http://b.example:8080/static/media/x/y/photo.html", True),
        ("/static/media/x/y/photo.html", True),
        ("https://bucket-a.s3.amazonaws.com/x/y/photo.html", True),
        ("https://bucket-a.s3.eu-central-1.amazonaws.com/x/y/photo.html", True),
        ("https://storage.googleapis.com/bucket-a/x/y/photo.html", True),
        ("https://storage.googleapis.com/bucket-b/x/y/photo.html", False),
        ("https://bucket-b.s3.amazonaws.com/x/y/photo.html", False),
        ("https://graph.facebook.com/1/picture", False),
        ("https://a.example/static/media/../../../etc/passwd", False),
        ("https://a.example/static/media/..%2f..%2f..%2fetc/passwd", False),
        ("ftp://a.example/static/media/x/y/photo.html", False),
        ("https://[a.example/static/media/x/y/photo.html", False),
        ("https://a.example/static/media/\x00/photo.html", False),
    ],
)
def test_only_files_of_the_installation_are_taken(
    url: str, comes: bool, stand_in: Resources, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    (root / "static/media/x/y").mkdir(parents=True)
    (root / "static/media/x/y/photo.html").write_bytes(PNG)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(PNG)
    media = Media(str(root), frozenset({"bucket-a"}))
    here, _problem = media.stored(url)
    assert (here != url) is comes
    assert media.counts.copied == int(comes)
    assert not comes or str(here).endswith(".png")


def test_what_is_no_file_to_serve_is_left_out(stand_in: Resources, tmp_path: Path) -> None:
    (tmp_path / "static/media/x/y").mkdir(parents=True)
    (tmp_path / "static/media/x/y/photo.png").write_text("<html><script>alert(1)</script></html>")
    media = Media(str(tmp_path), frozenset())
    here, problem = media.stored("https://a.example/static/media/x/y/photo.png")
    assert here is None
    assert problem is not None
    assert "text/html" in problem
