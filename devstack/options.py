"""Options of the local system, from the environment and from earlier starts."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from devstack.processes import NotStarted


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one start. An empty `database_url` means the embedded PostgreSQL."""

    port: int
    state: Path
    admin_email: str
    admin_password: str
    admin_password_was_given: bool
    database_url: str
    jwt_key: str
    workers: int
    pooler: bool  # whether requests reach PostgreSQL by a connection pooler

    @property
    def logs(self) -> Path:
        """The directory of all logs."""
        return self.state / "logs"

    @property
    def env_file(self) -> Path:
        """The running system's variables, for a shell."""
        return self.state / "env"


def read_options() -> Options:
    """The options in the environment, completed by generated ones of earlier starts. Raises NotStarted."""
    state = Path(os.environ.get("STATE_DIR") or ".local").absolute()
    try:
        (state / "logs").mkdir(parents=True, exist_ok=True)
        kept = _kept_secrets(state / "secrets.json")
    except OSError as problem:
        raise NotStarted(f"cannot write to STATE_DIR {state}: {problem.strerror}") from problem
    given = os.environ.get("ADMIN_PASSWORD", "")
    if given and len(given) < 8:
        raise NotStarted("ADMIN_PASSWORD needs 8 characters or more")
    return Options(
        port=_whole_number("PORT", 8000, 65_535),
        state=state,
        admin_email=os.environ.get("ADMIN_EMAIL") or "admin@example.org",
        admin_password=given or kept["admin_password"],
        admin_password_was_given=bool(given),
        database_url=os.environ.get("DATABASE_URL", ""),
        jwt_key=kept["jwt_key"],
        workers=max(1, _whole_number("WORKERS", 2, 64)),
        pooler=bool(_whole_number("POOLER", 0, 1)),
    )


def _whole_number(name: str, default: int, largest: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > largest:
        raise NotStarted(f"{name} must be a whole number up to {largest}, not {text!r}")
    return int(text)


def _kept_secrets(path: Path) -> dict[str, str]:
    made_up = {"admin_password": secrets.token_urlsafe(9), "jwt_key": f"local:{secrets.token_hex(32)}"}
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        kept = {}
    if not made_up.keys() <= kept.keys():
        kept = {**made_up, **kept}
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(kept))
        unfinished.rename(path)
    return kept
