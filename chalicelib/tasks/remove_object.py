"""Deletes a media object that is not wanted any more: of a file that was refused, or never used."""

from sqlalchemy.orm import Session

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.tasks.registry import task
from chalicelib.uploads.upload import REMOVAL


@task(REMOVAL)
def remove_object(_session: Session, media_key: str) -> None:
    """Delete the object with this key, which nothing refers to. It is retried until S3 has done so."""
    aws.s3().delete_object(Bucket=settings().bucket, Key=media_key)
