"""Servers of the drill: PostgreSQL that archives its WAL and is restored to a moment, and versions of files.

The archive and the versions stand for what another region has: copies that lag behind by what is printed.
"""

import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chalicelib import aws
from devstack import aws_stand_in, postgres

_SWITCH: Final = "2"  # seconds after which a WAL segment is archived though it is not full
_LOOKS: Final = 0.3  # seconds between two looks at the bucket


class Region:
    """A directory with PostgreSQL's data, and the archive that outlives it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.archive = directory / "archive"
        self.backup = directory / "backup"
        for made in (directory, self.archive):
            made.mkdir(parents=True, exist_ok=True)
            made.chmod(0o777)  # the server may be another user

    def start(self) -> postgres.Postgres:
        """A durable server that archives."""
        copy = f"cp %p {self.archive}/%f.unfinished && mv {self.archive}/%f.unfinished {self.archive}/%f"
        settings = {"archive_mode": "on", "archive_command": copy, "archive_timeout": _SWITCH}
        return postgres.start(self.directory / "primary", {**settings, "wal_compression": "on"})

    def back_up(self, server: postgres.Postgres) -> None:
        """A base backup, while the server is used."""
        command = [
            *(str(postgres.BINARIES / "pg_basebackup"), "-h", "127.0.0.1", "-p", str(server.port)),
            *("-U", "postgres", "-D", str(self.backup), "-X", "none", "-c", "fast", "--no-sync"),
        ]
        subprocess.run(command, check=True, capture_output=True)

    def restore(self, moment: datetime) -> postgres.Postgres:
        """Another server with the data of the moment: the backup, and what the archive has until then."""
        directory = self.directory / "restored"
        directory.mkdir()
        shutil.move(self.backup, directory / "data")
        (directory / "data" / "recovery.signal").touch()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (directory, *directory.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        return postgres.start(
            directory,
            {
                "restore_command": f"cp {self.archive}/%f %p",
                "recovery_target_time": moment.isoformat(),
                "recovery_target_action": "promote",
                "hot_standby": "off",  # it answers once it is whole
            },
        )

    def last_archived(self) -> datetime:
        """When the newest segment was archived: what was committed before is not lost."""
        newest = max(path.stat().st_mtime for path in self.archive.iterdir())
        return datetime.fromtimestamp(newest, UTC)


class Versions:
    """All versions of a bucket's objects, copied as they appear, as S3's replication does."""

    def __init__(self, resources: aws_stand_in.Resources) -> None:
        self._s3 = aws_stand_in.client("s3", resources.endpoint)
        self._bucket = resources.bucket
        self.kept: list[tuple[datetime, str, dict[str, Any] | None]] = []  # when, key, object or None
        self._known: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Copy from now on."""
        enabled: Any = {"Status": "Enabled"}
        self._s3.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration=enabled)
        self._thread.start()

    def end(self) -> None:
        """Copy no more."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(_LOOKS):
            try:
                self._look()
            except aws.failures():  # it is lost
                return

    def _look(self) -> None:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                name = f"{version['Key']} {version['VersionId']}"
                if name in self._known:
                    continue
                self._known.add(name)
                stored = None
                if "ETag" in version:
                    place = {name: version[name] for name in ("Key", "VersionId")}
                    told = self._s3.get_object(Bucket=self._bucket, **place)
                    stored = {"Body": told["Body"].read(), "ContentType": told["ContentType"]}
                self.kept.append((version["LastModified"], version["Key"], stored))

    def load_into(self, resources: aws_stand_in.Resources, moment: datetime) -> datetime:
        """The versions in another bucket, in their order; returns the moment as that one's clock has it."""
        s3 = aws_stand_in.client("s3", resources.endpoint)
        enabled: Any = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=resources.bucket, VersioningConfiguration=enabled)
        self.kept.sort(key=lambda entry: entry[0])
        self._put(s3, resources.bucket, [entry for entry in self.kept if entry[0] <= moment])
        time.sleep(1.1)  # S3 notes whole seconds
        there = datetime.now(UTC)
        time.sleep(1.1)
        self._put(s3, resources.bucket, [entry for entry in self.kept if entry[0] > moment])
        return there

    def _put(self, s3: Any, bucket: str, entries: list[tuple[datetime, str, dict[str, Any] | None]]) -> None:
        for _, key, stored in entries:
            if stored is None:
                s3.delete_object(Bucket=bucket, Key=key)
            else:
                s3.put_object(Bucket=bucket, Key=key, **stored)


@contextmanager
def timed(what: str, figures: dict[str, float]) -> Iterator[None]:
    """Note the seconds that the block takes, and print them."""
    began = time.monotonic()
    yield
    figures[what] = round(time.monotonic() - began, 1)
    print(f"  {what:<58} {figures[what]:>6.1f} s", flush=True)
