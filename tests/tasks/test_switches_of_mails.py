"""Every kind of mail has a switch of staff's, unless it is transactional; mails to many can be unsubscribed from."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import chalicelib.tasks
from chalicelib import db
from chalicelib.resources.people.notification.kinds import KINDS as NEWS
from chalicelib.settings import settings
from chalicelib.tasks.send_and_log import TRANSACTIONAL, send_and_log
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.test_mail_templates import KINDS, address_for, made

TASKS = Path(chalicelib.tasks.__file__).parent
# Where the kind is a variable: which ones it is.
BY_VALUE = {
    ("held_mails", "held.kind"): ["session_state_change"],
    ("send_archive_mail", "kind"): ["event_exported", "event_export_fail", "event_imported", "event_import_fail"],
    ("send_question_mails", "kind"): ["contact_organizers", "contact_group_organizers"],
    ("send_waiting_list_mails", "mail.folder"): ["waiting_list_joined", "waiting_list_offer", "waiting_list_ended"],
    ("send_transfer_mails", "mail.folder"): ["ticket_passed_on", "ticket_offer_ended"],
    ("send_verification_mail", "kind"): ["user_registration", "user_confirmation"],
    ("send_password_reset_mail", "template.folder"): ["password_reset", "password_reset_verify"],
}  # fmt: skip


def _actions() -> Iterator[str]:
    """The kinds that send_and_log() is called with, in all tasks."""
    for path in sorted(TASKS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "send_and_log":
                yield from _values(path.stem, node.args[1])


def _values(module: str, argument: ast.expr) -> list[str]:
    text = ast.unparse(argument)
    if (module, text) in BY_VALUE:
        return BY_VALUE[module, text]
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    value: Any = getattr(import_module(f"chalicelib.tasks.{module}"), text.partition("[")[0])
    return list(value.values()) if isinstance(value, dict) else [value]


def test_every_kind_has_a_switch_or_is_transactional(database: TestDatabase) -> None:
    actions = set(_actions())
    switched = {row["action"] for row in database.rows("SELECT action FROM message_settings")}
    assert actions - switched == TRANSACTIONAL
    assert len(actions) > 30
    assert not switched & TRANSACTIONAL


def test_every_kind_of_notification_has_a_switch(database: TestDatabase) -> None:
    rows = database.rows("SELECT type FROM notification_settings ORDER BY type")
    assert [row["type"] for row in rows] == sorted(NEWS)


@pytest.mark.parametrize("action", sorted(set(_actions()) - TRANSACTIONAL))
@pytest.mark.one_database
def test_what_is_switched_off_is_not_sent(action: str, database: TestDatabase, pump: Pump) -> None:
    database.run("UPDATE message_settings SET enabled = (action <> :action)", action=action)
    kind = KINDS[0]
    draft = next(made(kind)).mail("ada@example.org", address_for(kind))
    for name in (action, "order_link"):
        with db.transaction() as session:
            send_and_log(session, name, draft)
    assert len(pump.mails()) == 1
    database.run("UPDATE message_settings SET enabled = true")


def test_mails_to_many_can_be_unsubscribed_from(
    database: TestDatabase, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("API_URL", "https://api.example.org")
    settings.cache_clear()
    bulk = [kind for kind in KINDS if kind.bulk]
    assert {"announce_event", "schedule_change", "review_assigned"} <= {kind.folder for kind in bulk}
    for kind in bulk:
        with db.transaction() as session:
            send_and_log(session, kind.folder, next(made(kind)).mail("ada@example.org", address_for(kind)))
    assert len(pump.mails()) == len(bulk)
    for mail in pump.mails():
        assert "/v1/unsubscribe/" in mail["headers"]["list-unsubscribe"]
