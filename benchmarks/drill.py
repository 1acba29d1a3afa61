"""`make drill`: a system is lost without warning while people use it, and restored to a moment elsewhere.

Prints what was lost and how long it took. The exit code is 1 where something is missing that was acknowledged
before the moment, where something is there that came after it, or where somebody was mailed twice.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import numbers
from benchmarks.drill_servers import Region, Versions, timed
from benchmarks.drill_writers import Place, Write, Writers
from devstack import aws_stand_in, database, postgres, processes
from devstack.pump_process import resources_from_environment
from tests.support.running_system import ROOT, RunningSystem, running

_BEFORE: Final = numbers.seconds("SECONDS", 20)  # of writes before the moment
_LOST: Final = 6.0  # seconds between the moment and the loss
_ADMIN: Final = ("admin@example.org", "the-drill-knows-it")
_SEEN: Final = {
    "account": "SELECT count(*) FROM users WHERE email = :name",
    "faq": "SELECT count(*) FROM faqs WHERE question = :name",
    "order": "SELECT count(*) FROM orders WHERE identifier = :name AND status = 'completed'",
    "file": "SELECT count(*) FROM temporary_uploads WHERE position(key IN :name) > 0",
}
_ROWS: Final = "SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables"


class Drill:
    """One drill; `failures` is what should not be."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.region = directory, Region(directory)
        self.figures: dict[str, float] = {}
        self.failures: list[str] = []
        self.port = str(processes.free_port())

    def run(self) -> int:
        """The whole drill; the exit code."""
        server = self.region.start()
        database.create_if_missing(server.url("postgres"), "open_event")
        print("the system, with demo data, under writes")
        with running(self.directory / "first", **self._variables(server)) as system:
            writers, versions, moment, mails = self._live(system, server)
            self._lose(system, server)
            writers.end()
        lost_at = datetime.now(UTC)
        versions.end()
        print("the restoration")
        began = time.monotonic()
        with timed("base backup and archive, until the database answers", self.figures):
            restored = self.region.restore(moment)
        url = restored.url("open_event")
        with timed("restored begin", self.figures):
            self._cli(
                url, "restored", "begin", "--moment", moment.isoformat(), "--lost-until", lost_at.isoformat()
            )
        with timed("the system, until it is healthy", self.figures):
            second = running(self.directory / "second", **self._variables(restored))
            again = second.__enter__()
        self.figures["RTO"] = round(time.monotonic() - began, 1)
        try:
            self._compare(again, url, writers, versions, moment, mails)
        finally:
            second.__exit__(None, None, None)
            restored.stop()
        return self._report(writers, moment, lost_at)

    def _live(
        self, system: RunningSystem, server: postgres.Postgres
    ) -> tuple[Writers, Versions, datetime, list[Any]]:
        os.environ.update(system.variables())
        place = Place(system.address)
        place.sign_in(*_ADMIN)
        place.open_event()
        versions = Versions(resources_from_environment())
        versions.start()
        writers = Writers(place)
        writers.start()
        time.sleep(2)
        with timed("base backup, while it is used", self.figures):
            self.region.back_up(server)
        time.sleep(_BEFORE)
        moment = datetime.now(UTC)
        time.sleep(_LOST)
        logo = next(
            write.name
            for write in reversed(writers.done)
            if write.answered_at < moment and write.kind == "file"
        )
        resources = resources_from_environment()
        aws_stand_in.client("s3", resources.endpoint).delete_object(
            Bucket=resources.bucket, Key=logo.removeprefix(f"{system.address}/")
        )
        time.sleep(1)
        return writers, versions, moment, aws_stand_in.mails(resources.endpoint)

    def _lose(self, system: RunningSystem, server: postgres.Postgres) -> None:
        """Kill everything at once: nothing is flushed, nobody is told."""
        for process in (*system.processes(), *server.processes()):
            process.send_signal(signal.SIGKILL)
        loss = datetime.now(UTC)
        self.figures["RPO, had the newest moment been chosen"] = round(
            (loss - self.region.last_archived()).total_seconds(), 1
        )

    def _compare(
        self,
        system: RunningSystem,
        url: str,
        writers: Writers,
        versions: Versions,
        moment: datetime,
        mails: list[Any],
    ) -> None:
        os.environ.update(system.variables())
        resources = resources_from_environment()
        with timed("files, from their versions", self.figures):
            there = versions.load_into(resources, moment)
            self._cli(url, "restored", "files", "--moment", there.isoformat())
        with database.connected(url) as connection:
            for write in list(writers.done):
                seen = bool(connection.run(_SEEN[write.kind], name=write.name)[0][0])
                self._judge(write, seen, moment)
            connection.run("ANALYZE")
            self.figures["rows"] = float(connection.run(_ROWS)[0][0])
        self._look_at_files(system, writers, moment)
        time.sleep(5)  # tasks that are in doubt are done, or held
        print(self._cli(url, "restored", "list").rstrip())
        before = Counter((mail["to"][0], mail["subject"]) for mail in mails)
        after = Counter((mail["to"][0], mail["subject"]) for mail in aws_stand_in.mails(resources.endpoint))
        twice = before & after
        if twice:
            self.failures.append(f"{sum(twice.values())} mails were sent twice: {[*twice][:3]}")
        self.figures["mails before the loss"] = sum(before.values())
        place = Place(system.address)
        place.sign_in(*_ADMIN)
        health = place.ask("GET", "/health-check")
        if health.status != 200:
            self.failures.append(f"it is not healthy: {health.body[:300]!r}")
        new = place.create(
            "faq", {"question": "And now?", "answer": "Yes"}, event=("event", writers.place.event)
        )
        if int(new) < 1_000_000:
            self.failures.append(f"the id {new} may have been given out before")

    def _judge(self, write: Write, seen: bool, moment: datetime) -> None:
        if write.answered_at < moment and not seen:
            self.failures.append(
                f"{write.kind} {write.name} is missing: acknowledged {moment - write.answered_at} before"
            )
        if write.sent_at > moment and seen:
            self.failures.append(
                f"{write.kind} {write.name} is there: sent {write.sent_at - moment} after the moment"
            )

    def _look_at_files(self, system: RunningSystem, writers: Writers, moment: datetime) -> None:
        for write in [write for write in writers.done if write.kind == "file" and write.answered_at < moment]:
            reply = system.ask("GET", write.name)
            if reply.body != writers.files[write.name]:
                self.failures.append(f"the file {write.name} is another one: {reply.status}")

    def _report(self, writers: Writers, moment: datetime, lost_at: datetime) -> int:
        kept = Counter(write.kind for write in writers.done if write.answered_at < moment)
        lost = Counter(write.kind for write in writers.done if write.sent_at > moment)
        print("what was acknowledged before the moment, and is there:", dict(kept))
        print("what was acknowledged after it, and is lost:", dict(lost))
        print(f"  {'the moment before the loss':<58} {(lost_at - moment).total_seconds():>6.1f} s")
        for name in ("RPO, had the newest moment been chosen", "RTO"):
            print(f"  {name:<58} {self.figures[name]:>6.1f} s")
        print(f"  {'rows':<58} {self.figures['rows']:>6.0f}")
        sent = self.figures["mails before the loss"]
        print(f"  {'mails before the loss':<58} {sent:>6.0f}")
        for failure in (*self.failures, *(f"refused: {each}" for each in writers.failures[:5])):
            print(f"FAILED  {failure}")
        return int(bool(self.failures or not kept or not lost))

    def _variables(self, server: postgres.Postgres) -> dict[str, str]:
        names = dict(zip(("ADMIN_EMAIL", "ADMIN_PASSWORD"), _ADMIN, strict=True))
        return {**names, "DATABASE_URL": server.url("open_event"), "PORT": self.port, "WORKERS": "2"}

    def _cli(self, url: str, *arguments: str) -> str:
        variables = {**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "chalicelib.cli", *arguments]
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout


def main() -> int:
    """Run it in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="drill-") as directory:
        Path(directory).chmod(0o755)
        return Drill(Path(directory)).run()


if __name__ == "__main__":
    sys.exit(main())
