"""Retention of the log of mails."""

from typing import Final

from chalicelib.retention import Retention

RETENTION: Final = Retention(
    task="forget_mails",
    table="mails",
    old="SELECT id FROM mails WHERE time < $1 ORDER BY time",
    batch=5_000,
    locks="mails",
)
