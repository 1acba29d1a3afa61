"""Files survive a restart, although the stand-in for S3 forgets everything."""

from pathlib import Path

from devstack import aws_stand_in
from devstack.aws_stand_in import Resources
from devstack.bucket import Archive


def test_objects_come_back_with_their_headers_and_removed_ones_do_not(
    stand_in: Resources, tmp_path: Path
) -> None:
    s3 = aws_stand_in.client("s3", stand_in.endpoint)
    headers = {"ContentType": "image/png", "CacheControl": "max-age=1", "ContentDisposition": "inline"}
    s3.put_object(Bucket=stand_in.bucket, Key="media/kept.png", Body=b"kept", **headers)
    s3.put_object(Bucket=stand_in.bucket, Key="media/removed.png", Body=b"removed")
    archive = Archive(tmp_path, stand_in)
    archive.save()
    s3.delete_object(Bucket=stand_in.bucket, Key="media/removed.png")
    archive.save()

    aws_stand_in.reset(stand_in.endpoint)
    again = aws_stand_in.create_resources(stand_in.endpoint, stand_in.bucket)

    assert Archive(tmp_path, again).load() == 1
    found = s3.get_object(Bucket=again.bucket, Key="media/kept.png")
    assert found["Body"].read() == b"kept"
    assert {name: found[name] for name in headers} == headers


def test_what_had_not_been_looked_at_is_announced_anew(stand_in: Resources, tmp_path: Path) -> None:
    s3 = aws_stand_in.client("s3", stand_in.endpoint)
    s3.put_object(Bucket=stand_in.bucket, Key="incoming/waiting", Body=b"?")
    Archive(tmp_path, stand_in).save()

    aws_stand_in.reset(stand_in.endpoint)
    again = aws_stand_in.create_resources(stand_in.endpoint, stand_in.bucket)
    Archive(tmp_path, again).load()

    sqs = aws_stand_in.client("sqs", stand_in.endpoint)
    news = sqs.receive_message(QueueUrl=again.files_url, MaxNumberOfMessages=10)["Messages"]
    assert any("incoming%2Fwaiting" in new["Body"] for new in news)


def test_an_interrupted_save_leaves_the_last_whole_one(stand_in: Resources, tmp_path: Path) -> None:
    s3 = aws_stand_in.client("s3", stand_in.endpoint)
    s3.put_object(Bucket=stand_in.bucket, Key="media/a", Body=b"a")
    Archive(tmp_path, stand_in).save()
    (tmp_path / "index.unfinished").write_text("{half")

    assert Archive(tmp_path, stand_in).load() == 1
