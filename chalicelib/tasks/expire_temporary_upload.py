"""Deletes a temporary upload that nobody has used in time."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, log
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.uploads import temporary

# Tolerated clock skew: a message that arrives earlier is retried.
_SKEW: Final = timedelta(minutes=1)


@task(temporary.EXPIRY)
def expire_temporary_upload(session: Session, key: str) -> None:
    """Have the object removed if the upload is due and unused. Raises RetryLater a moment before."""
    upload = temporary.expire(session, key)
    if upload is not None and upload.used_at is None and upload.expires_at <= clock.now() + _SKEW:
        raise RetryLater(f"the temporary upload {key} is kept for a moment yet")
    log.info("a temporary upload was due", upload=key, removed=upload is None)
