"""Files of the restored rows are brought back from the bucket's versions."""

import json

import pytest

from chalicelib import aws, private_files
from chalicelib.cli.commands import main
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.restoring.conftest import Disaster, in_the_next_second
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database


def brought_back(capsys: pytest.CaptureFixture[str], disaster: Disaster, *arguments: str) -> dict[str, int]:
    capsys.readouterr()
    assert main(["restored", "files", "--moment", disaster.moment.isoformat(), *arguments, "--json"]) == 0
    counts: dict[str, int] = json.loads(capsys.readouterr().out)
    return counts


def test_what_was_deleted_or_replaced_since_the_moment_is_there_again(
    database: TestDatabase, stand_in: Resources, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = aws.s3()
    s3.put_bucket_versioning(Bucket=settings().bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("media/logo.png", "media/photo.png", "media/same.png", "results/passing"):
        private_files.put(key, b"before", "image/png", file_name="logo.png")
    in_the_next_second()
    disaster.back_up()
    in_the_next_second()
    s3.delete_object(Bucket=settings().bucket, Key="media/logo.png")
    s3.delete_object(Bucket=settings().bucket, Key="results/passing")
    private_files.put("media/photo.png", b"after", "image/png")
    private_files.put("media/new.png", b"after", "image/png")
    disaster.strike()

    expected = {"files": 3, "deleted since": 1, "replaced since": 1}
    assert brought_back(capsys, disaster, "--dry-run") == expected
    assert brought_back(capsys, disaster) == expected
    assert brought_back(capsys, disaster) == {"files": 3, "deleted since": 0, "replaced since": 0}
    for key in ("media/logo.png", "media/photo.png", "media/same.png"):
        assert private_files.get(key) == b"before"
    stored = s3.get_object(Bucket=settings().bucket, Key="media/logo.png")
    assert (stored["ContentType"], "logo.png" in stored["ContentDisposition"]) == ("image/png", True)
    assert private_files.get("media/new.png") == b"after"  # what no row refers to stays
