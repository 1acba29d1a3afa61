"""Codes in a basket: whether they are valid, for how many tickets, and their remaining uses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.resources.orders.basket.basket_request import BasketRequest, RequestedCode


@dataclass(frozen=True, slots=True)
class Code:
    """A valid code. `left` and the limits per order are None for no limit.

    `is_given_back`: nothing is left of it but the use of a ticket that is exchanged.
    """

    id: int
    code: str
    type: str
    value: Decimal
    min_quantity: int | None
    max_quantity: int | None
    left: int | None
    pointer: str
    is_given_back: bool = False

    @classmethod
    def read(
        cls, requested: RequestedCode, row: dict[str, Any] | None, now: datetime, replaced_id: int | None
    ) -> "Code | None":
        """The code found for the request; None if none is wanted. Raises Problem 422 for an unknown or
        invalid one. `replaced_id` is that of a code which a ticket that is exchanged was had with.
        """
        if requested.is_empty:
            return None
        if row is None:
            raise invalid(f"The event has no such {requested.noun}.", requested.pointer)
        begins, ends = (
            row[name] and datetime.fromisoformat(row[name]) for name in ("valid_from", "valid_till")
        )
        if not row["is_active"] or (begins and now < begins) or (ends and now > ends):
            raise invalid(f"This {requested.noun} is not valid now.", requested.pointer)
        most, left = row["max_quantity"], row["left"]
        is_limited_and_same = left is not None and row["id"] == replaced_id
        return cls(
            id=row["id"],
            code=row["code"],
            type=row["type"],
            value=Decimal(row["value"]),
            min_quantity=row["min_quantity"],
            max_quantity=None if most is None or most < 0 else most,
            left=left + 1 if is_limited_and_same else left,
            pointer=requested.pointer,
            is_given_back=is_limited_and_same and left <= 0,
        )

    def demand_number(self, number: int) -> None:
        """Raise Problem 422 unless so many tickets may be ordered with it at once."""
        if self.min_quantity is not None and number < self.min_quantity:
            raise invalid(f"This code is for {self.min_quantity} tickets or more.", self.pointer)
        if self.max_quantity is not None and number > self.max_quantity:
            raise invalid(f"This code is for {self.max_quantity} tickets at most.", self.pointer)


def discounted(code: Code | None, requested: BasketRequest, fitting: set[int]) -> dict[int, int]:
    """How many of each ticket are discounted, by id: while the code suffices, lower ids first.

    Raises Problem 422 where it does not suffice for all, if the buyer insists on that.
    """
    if code is None or not fitting:
        return {}
    tickets = sorted(
        (ticket for ticket in requested.tickets if ticket.id in fitting), key=lambda ticket: ticket.id
    )
    number = sum(ticket.quantity for ticket in tickets)
    code.demand_number(number + requested.before.discounted.get(code.id, 0))
    if code.left is not None and number > code.left and requested.discount_verify:
        raise invalid(f"This discount code is good for {max(code.left, 0)} more tickets.", code.pointer)
    left = number if code.left is None else max(code.left, 0)
    parts = {}
    for ticket in tickets:
        parts[ticket.id] = min(ticket.quantity, left)
        left -= parts[ticket.id]
    return parts


def access_used(code: Code | None, requested: BasketRequest, fitting: set[int]) -> frozenset[int]:
    """Ids of the wanted tickets that the access code unlocks. Raises Problem 422 when it does not suffice."""
    number = sum(ticket.quantity for ticket in requested.tickets if ticket.id in fitting)
    if code is None or number == 0:
        return frozenset()
    code.demand_number(number + requested.before.accessed.get(code.id, 0))
    if code.left is not None and number > code.left:
        raise invalid(f"This access code is good for {max(code.left, 0)} more tickets.", code.pointer)
    return frozenset(ticket.id for ticket in requested.tickets if ticket.id in fitting)
