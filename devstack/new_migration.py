"""`make migration MESSAGE="price of benefits"`: autogenerates a migration from the models.

No running system is needed: the existing migrations are run on a temporary database, which is compared with
the models.
"""

import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from devstack import database, postgres

VERSIONS: Final = database.ROOT / "migrations" / "versions"
LONGEST_ID: Final = 32  # the width of alembic_version.version_num


def revision_id(message: str, versions: Path = VERSIONS, day: date | None = None) -> str:
    """The id of a new migration, also its file name: 2026_11_21_price_of_benefits."""
    words = re.findall(r"[a-z0-9]+", message.lower()) or ["migration"]
    start = f"{day or datetime.now().astimezone().date():%Y_%m_%d}"
    number = 1
    while (versions / f"{(found := _of(start, words, number))}.py").exists():
        number += 1
    return found


def _of(start: str, words: list[str], number: int) -> str:
    """As many whole words as fit, at least one, and a number if the name is taken."""
    end = f"_{number}" if number > 1 else ""
    room = LONGEST_ID - len(start) - len(end)
    text = f"_{words[0]}"[:room]
    for word in words[1:]:
        if len(text) + 1 + len(word) > room:
            break
        text += f"_{word}"
    return start + text + end


def autogenerate(message: str) -> Path | None:
    """Write the migration; None when the models need none."""
    with postgres.temporary() as server:
        url = server.url("models")
        database.create_if_missing(server.url("postgres"), "models")
        database.migrate(url)
        config = Config(str(database.ROOT / "alembic.ini"))
        config.attributes["url"] = make_url(url).set(drivername="postgresql+pg8000")
        made: Any = command.revision(
            config, message, autogenerate=True, process_revision_directives=_unless_empty
        )
    return Path(made.path) if made else None


def _unless_empty(_context: object, _revision: object, directives: list[Any]) -> None:
    if directives[0].upgrade_ops.is_empty():
        directives.clear()


def main() -> int:
    """The exit code: 0 when a migration is written."""
    message = " ".join(sys.argv[1:]).strip()
    if not message:
        print('What does it do? make migration MESSAGE="price of benefits"', file=sys.stderr)
        return 2
    made = autogenerate(message)
    if made is None:
        print(
            "The models have nothing that the migrations do not make: nothing was written.", file=sys.stderr
        )
        return 1
    print(f"{made.relative_to(database.ROOT)}: read it, and correct it where the machine cannot know better")
    return 0


if __name__ == "__main__":
    sys.exit(main())
