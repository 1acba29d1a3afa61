"""Names that may be written in one file only: order states and payment modes."""

import ast
import re
from collections.abc import Iterator, Set

from devstack.source import Module

MODES_FILE = "chalicelib.resources.orders.payment.modes"
STATES_FILE = "chalicelib.resources.orders.order.states"
# Those that mean nothing but an order's state.
_STATES = {"initializing", "placed", "completed", "expired"}
_IN_SQL = re.compile(rf"'(?:{'|'.join(sorted(_STATES))})'")
_NOUNS = {
    *("event", "events", "user", "users", "order", "orders", "attendee", "attendees"),
    *("session", "sessions", "speaker", "speakers", "ticket", "tickets", "track", "tracks"),
}
# An event in the trash, a draft, a private one, and the tables in which roles are held.
_RIGHTS_IN_SQL = re.compile(
    r"\b(?:events?|e)\.(?:deleted_at|state|privacy)\b"
    r"|\b(?:state|privacy) *(?:=|<>|IN) *\(?'(?:published|draft|private|public)"
    r"|\b(?:FROM|JOIN) (?:users_events_roles|users_groups_roles)\b"
    r"|\bFROM events\b[^()]*[^.\w]deleted_at\b"
)
_ALL_STATES = {*_STATES, "pending", "cancelled"}


def order_states_have_one_place(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """SQL with the name of a state in it, or a collection of such names, outside the file that names them."""
    if not module.name.startswith("chalicelib") or module.name == STATES_FILE:
        return
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _IN_SQL.search(node.value):
            yield node.lineno, f"states of orders are named in {STATES_FILE}: use its constants and listed()"
        if isinstance(node, ast.Set | ast.Tuple | ast.List):
            values = {element.value for element in node.elts if isinstance(element, ast.Constant)}
            if len(node.elts) > 1 and len(values) == len(node.elts) and _is_states(values):
                yield node.lineno, f"sets of states of orders are named in {STATES_FILE}"


def payment_modes_have_one_place(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """The name of an event's switch for a way to pay, in a text outside the table of payment modes."""
    if not module.name.startswith("chalicelib") or module.name == MODES_FILE:
        return
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "can_pay_" in node.value:
            yield node.lineno, f"payment modes and their switches are listed in {MODES_FILE}"


def the_engine_names_no_noun(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """The name of one of the product's nouns, or of their tables, as a text in the engine."""
    if not module.name.startswith("chalicelib.jsonapi"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Constant) and node.value in _NOUNS:
            yield node.lineno, f"the engine knows no {node.value!r}: the registry or an option says so"


def rights_of_events_have_one_place(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """A text of an action, or about baskets, that tells in SQL who sees an event or holds a role at it."""
    if not module.name.startswith(("chalicelib.actions.", "chalicelib.resources.orders.basket.")):
        return
    for node in module.nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _RIGHTS_IN_SQL.search(node.value)
        ):
            yield node.lineno, "who sees an event is told by its policy: use visible() or visible_where()"


def _is_states(values: Set[object]) -> bool:
    return values <= _ALL_STATES and not values.isdisjoint(_STATES)


RULES_ABOUT_WORDS = (
    order_states_have_one_place,
    payment_modes_have_one_place,
    rights_of_events_have_one_place,
    the_engine_names_no_noun,
)
