"""Migrations that a test writes: one after the other, in a directory of their own."""

from pathlib import Path

_FILE = '''"""{name}."""

import sqlalchemy as sa
from alembic import op

from chalicelib import ddl

revision = "{name}"
down_revision = {after!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {does}
'''


def write(scripts: Path, name: str, after: str | None, *does: str) -> None:
    """One migration in `scripts`, after another: the lines of its upgrade()."""
    text = _FILE.format(name=name, after=after, does="\n    ".join(does))
    (scripts / "versions" / f"{name}.py").write_text(text)


class Versions:
    """What migrate.run takes for `scripts` is `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: str | None = None
        (path / "versions").mkdir()

    def add(self, name: str, *does: str) -> None:
        """The next migration: the lines of its upgrade()."""
        write(self.path, name, self.last, *does)
        self.last = name
