"""normalize: rewrites old rows in today's normal form at once, with progress; the task does so in the
background.
"""

import argparse
from typing import Any

from chalicelib import db
from chalicelib.cli.output import report_progress
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.resources.normalize import nouns, rewrite


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add normalize."""
    # "normalise" is what it was called.
    command = groups.add_parser(
        "normalize", aliases=["normalise"], parents=[every], help="rewrite old rows in today's normal form"
    )
    command.set_defaults(run=_normalize, changes=True)


def _normalize(_chosen: argparse.Namespace) -> list[dict[str, Any]]:
    pages = [_rewritten(resource) for resource in nouns(REGISTRY)]
    return [page for page in pages if page["rewritten"] or page["refused"]]


def _rewritten(resource: Resource) -> dict[str, Any]:
    """Each page is a transaction of its own, so locks are short and a rerun resumes."""
    after, count = 0, 0
    refused: list[int] = []
    while True:
        with db.transaction() as session:
            page = rewrite(session, resource, after)
        if page.last is None:
            return {"type": resource.type, "rewritten": count, "refused": refused}
        after, count = page.last, count + page.rewritten
        refused += page.refused
        if count:
            report_progress(f"{resource.type}: {count} rewritten, up to id {after}")
