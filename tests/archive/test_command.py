"""make cli ARGS="event export ..." and "event import ...": the same archive, as a local file."""

from pathlib import Path

from tests.archive.conftest import Archive, Office, differences
from tests.archive.world import World
from tests.archive.zips import changed
from tests.cli.conftest import Run, run
from tests.factories import stored
from tests.factories.user import make_user

__all__ = ["run"]


def test_an_event_goes_out_and_in_by_the_command_line(office: Office, run: Run, tmp_path: Path) -> None:
    world = World(office)
    world.furnish()
    target = tmp_path / "event.zip"
    ended = run("event", "export", world.event, str(target), "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["session"], ended.json["files"]) == (5, 6)
    before = Archive(target.read_bytes())
    assert not differences(world.office_of_owner.exported(world.event), before)
    mover = stored(make_user, is_verified=True)
    events = "SELECT count(*) FROM events"
    count = office.database.one(events)
    ended = run("event", "import", str(target), "--as", mover.email, "--dry-run")
    assert ended.code == 0, ended.err
    assert "session: 5 made" in ended.out
    assert "nothing was changed" in ended.out
    assert office.database.one(events) == count
    ended = run("event", "import", str(target), "--as", mover.email, "--invite", "--json")
    assert ended.code == 0, ended.err
    event = ended.json["event"]
    assert not differences(before, office.as_(mover).exported(event))
    target.write_bytes(changed(before, "track", lambda data: data[0]["attributes"].update(color="red")))
    ended = run("event", "import", str(target), "--as", mover.email, "--into", str(event))
    assert ended.code == 1
    assert "refused: track" in ended.out
    assert "nothing was changed" in ended.out
    target.write_bytes(b"no zip")
    ended = run("event", "import", str(target), "--as", mover.email)
    assert (ended.code, "no zip" in ended.err) == (1, True)


def test_permissions_of_accounts_count(office: Office, run: Run, tmp_path: Path) -> None:
    world = World(office)
    stranger = stored(make_user)
    ended = run("event", "export", world.event, str(tmp_path / "event.zip"), "--as", stranger.email)
    assert (ended.code, "team" in ended.err) == (1, True)
    assert run("event", "export", "999", str(tmp_path / "event.zip")).code == 1
    path = tmp_path / "event.zip"
    assert run("event", "export", world.event, str(path), "--without-people", "--without-files").code == 0
    assert Archive(path.read_bytes()).manifest["people"] is False
    ended = run("event", "import", str(path), "--as", stranger.email, "--into", world.event)
    assert (ended.code, "team" in ended.err) == (1, True)
