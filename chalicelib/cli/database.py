"""migrate and health: schema migrations and health checks."""

import argparse
from typing import Any

from chalicelib import health, migrate
from chalicelib.cli.output import Failed
from chalicelib.resources import normalize


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add migrate and health."""
    command = groups.add_parser(
        "migrate", parents=[every], help="migrate the database to the newest revision"
    )
    command.add_argument("--dry-run", action="store_true", help="only report what would be done")
    command.set_defaults(run=_migrate, changes=True)
    command = groups.add_parser(
        "health", parents=[every], help="run every health check; exit code 1 when one fails"
    )
    command.set_defaults(run=_health, fails_on=lambda checks: not all(check["well"] for check in checks))


def _migrate(chosen: argparse.Namespace) -> dict[str, Any]:
    try:
        outcome = migrate.run(dry_run=chosen.dry_run)
    except migrate.NotMigrated as problem:
        raise Failed(str(problem)) from problem
    if not chosen.dry_run:
        normalize.plan(outcome)
    return outcome


def _health(_chosen: argparse.Namespace) -> list[dict[str, Any]]:
    health.forget()
    _healthy, document = health.report()
    results: Any = document["results"]
    return [
        {"check": check["checker"], "well": check["passed"], "says": check["output"]} for check in results
    ]
