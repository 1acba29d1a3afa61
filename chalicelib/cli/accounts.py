"""create-admin: the first super admin, who cannot be created over the API. Also: who an address is of."""

import argparse
import getpass
import sys
from typing import Any

from sqlalchemy import func, select

from chalicelib import db, signals
from chalicelib.auth import passwords
from chalicelib.cli.output import Failed
from chalicelib.resources.people.user.account_lookup import account_with
from chalicelib.resources.people.user.user import User, set_password
from chalicelib.values.addresses import mistake_in, stored_form


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add create-admin."""
    command = groups.add_parser(
        "create-admin",
        parents=[every],
        help="create a super admin, or promote an existing account",
        description="The password is asked for, or read from standard input: "
        "arguments can be seen by everybody on the machine.",
    )
    command.add_argument("email")
    command.set_defaults(run=_create_admin, changes=True)


def account_id(email: str) -> int:
    """The id of the account with this address. Raises Failed."""
    with db.transaction() as session:
        user = account_with(session, email)
        if user is None:
            raise Failed(f"there is no account with the address {email}")
        return int(user.id)


def _create_admin(chosen: argparse.Namespace) -> dict[str, Any]:
    email = stored_form(chosen.email)
    mistake = mistake_in(email)
    if mistake is not None:
        raise Failed(f"{email} is no e-mail address: {mistake}")
    password = _password()
    try:
        passwords.fit(password)
    except passwords.Unfit as reason:
        raise Failed(str(reason)) from None
    with signals.muted(), db.transaction() as session:
        user = session.scalar(
            select(User).where(func.lower(User.email) == email.lower(), User.deleted_at.is_(None))
        )
        is_new = user is None
        if user is None:
            user = User(email=email)
            session.add(user)
        set_password(user, password)
        user.is_admin = user.is_super_admin = user.is_verified = True
        user.is_blocked = False
        session.flush()
        return {"id": user.id, "email": user.email, "created": is_new}


def _password() -> str:
    # A command-line argument would be in the shell history and the process list.
    if sys.stdin.isatty():
        first = getpass.getpass("password: ")
        if first != getpass.getpass("again: "):
            raise Failed("these were two passwords")
        return first
    return sys.stdin.readline().rstrip("\n")
