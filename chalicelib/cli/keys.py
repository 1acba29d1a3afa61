"""keys rotate: adds a signing key, and keeps the older ones until their tokens have expired."""

import argparse
import secrets
from typing import Any

from chalicelib import aws, clock
from chalicelib.auth import tokens
from chalicelib.cli.output import Failed
from chalicelib.settings import settings

_SECRET_BYTES = 48


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add keys rotate."""
    group = groups.add_parser("keys", help="signing keys of tokens")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")
    command = verbs.add_parser(
        "rotate",
        parents=[every],
        help="sign with a new key from now on",
        description="Tokens of the older keys that are kept stay valid. A process uses the new key "
        "after its next start. No secret is printed.",
    )
    command.add_argument("--keep", type=int, default=2, help="how many older keys stay valid (2)")
    command.add_argument("--dry-run", action="store_true", help="only list the keys that would stay")
    command.set_defaults(run=_rotate, changes=True)


def _rotate(chosen: argparse.Namespace) -> dict[str, Any]:
    name = settings().jwt_keys_parameter
    if settings().jwt_keys or not name:
        raise Failed(
            "the keys are not in the parameter store: set JWT_KEYS_PARAMETER, or change JWT_KEYS by hand"
        )
    if chosen.keep < 1:
        raise Failed("--keep 0 would sign everybody out: keep one key or more")
    known = list(tokens.keys().items())
    kept = known[: chosen.keep]
    new = _key_id({kid for kid, _ in known})
    if not chosen.dry_run:
        value = ",".join(
            f"{kid}:{secret}" for kid, secret in [(new, secrets.token_urlsafe(_SECRET_BYTES)), *kept]
        )
        aws.ssm().put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        aws.forget()
    return {
        "signs": new,
        "stay good": [kid for kid, _ in kept],
        "dropped": [kid for kid, _ in known[chosen.keep :]],
        "written": not chosen.dry_run,
    }


def _key_id(taken: set[str]) -> str:
    today = clock.now().date().isoformat()
    names = (today if n == 1 else f"{today}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
