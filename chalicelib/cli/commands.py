"""The command line parser: all commands, their options, error handling and exit codes.

Exit codes: 0 done, 1 failed (or unhealthy), 2 usage error, 3 refused because the stage was not named.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from chalicelib import entrypoints
from chalicelib.cli import (
    accounts,
    database,
    events,
    keys,
    move_in,
    normalize,
    output,
    restored,
    routes,
    tasks,
    trash,
    why,
)
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.settings import NotConfigured, settings

DONE, FAILED, REFUSED = 0, 1, 3
_GUARDED: Final = "prod"
_GROUPS: Final = (accounts, database, events, normalize, routes, tasks, trash, keys, why, move_in, restored)


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    chosen = parser().parse_args(arguments)
    try:
        refusal = _refusal(chosen)
        if refusal:
            print(f"refused: {refusal}", file=sys.stderr)
            return REFUSED
        entrypoints.import_all()
        outcome = chosen.run(chosen)
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return FAILED
    except Exception as problem:
        print(f"{_command(chosen)}: {_line(problem)}", file=sys.stderr)
        return FAILED
    as_lines = chosen.lines is not None and not chosen.json
    output.result("\n".join(chosen.lines(outcome)) if as_lines else outcome, as_json=chosen.json)
    return FAILED if chosen.fails_on(outcome) else DONE


def parser() -> argparse.ArgumentParser:
    """The commands with their options."""
    top = argparse.ArgumentParser(
        prog="python -m chalicelib.cli",
        description="Operator commands. Each uses the settings in the environment.",
    )
    groups = top.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    for group in _GROUPS:
        group.add_to(groups, options())
    return top


def options() -> argparse.ArgumentParser:
    """The options that every command has."""
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--json", action="store_true", help="print the result as one JSON document")
    every.add_argument("--stage", help="the stage; required to change anything on prod")
    every.set_defaults(changes=False, fails_on=lambda _found: False, lines=None)
    return every


def _refusal(chosen: argparse.Namespace) -> str | None:
    here = settings().stage
    if chosen.stage is not None and chosen.stage != here:
        return f"this is stage {here}, not {chosen.stage}"
    if chosen.changes and here == _GUARDED and chosen.stage is None:
        return f"this changes {_GUARDED}: say --stage {_GUARDED} if that is meant"
    return None


def _command(chosen: argparse.Namespace) -> str:
    return " ".join(filter(None, (chosen.command, getattr(chosen, "verb", None))))


def _line(problem: Exception) -> str:
    """The error in one line, without the values of a statement."""
    if isinstance(problem, DBAPIError):
        said = problem.orig.args[0] if problem.orig is not None and problem.orig.args else problem.orig
        return f"the database did not do it: {said.get('M') if isinstance(said, dict) else said}"
    if isinstance(problem, output.Failed | Problem | Problems | NotConfigured):
        return str(problem).splitlines()[0]
    return f"{type(problem).__name__}: {(str(problem).strip() or 'no more is known').splitlines()[0]}"
