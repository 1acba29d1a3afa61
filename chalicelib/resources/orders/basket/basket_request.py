"""Parses a basket request: tickets with quantities, a donation's price, and codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, ValidationError, pre_load

from chalicelib.jsonapi.ground.errors import Problem, Problems, bad_document, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_LINE, demand_length
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.jsonapi.write.document import read_json
from chalicelib.resources.attributes import money
from chalicelib.resources.orders.basket.bought_before import NOTHING, BoughtBefore
from chalicelib.resources.value_fields import EmailAddress
from chalicelib.values.characters import is_blank
from chalicelib.values.keys import code_form

_LARGEST_ID = 2**63 - 1
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class RequestedTicket:
    """A quantity of a ticket; `price` is for donations. `number` is its index in the list."""

    id: int
    quantity: int
    price: Decimal | None
    number: int

    def pointer(self, name: str) -> str:
        """JSON pointer to this member in the body."""
        return f"/tickets/{self.number}/{name}"


@dataclass(frozen=True, slots=True)
class RequestedCode:
    """A code by its text. `noun` is its name in messages, `pointer` its place in the body."""

    noun: str
    pointer: str
    text: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no code is given."""
        return self.text is None


@dataclass(frozen=True, slots=True)
class RequestedBuyer:
    """Who buys without an account."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a ticket that is exchanged will give back: a place in its pool, and one use of its codes."""

    pool_id: int | None = None
    discount_code_id: int | None = None
    access_code_id: int | None = None


@dataclass(frozen=True, slots=True)
class BasketRequest:
    """A parsed request. `amount` overrides the price, for the event's team; `buyer` has no account.

    For an exchange, `replaced` is what will be free, and the least quantity of an order does not matter
    (`has_least`). `before` is what is in the orders that it is added to.
    `offer` is the secret, or the id, of an offer of the waiting list.
    """

    tickets: tuple[RequestedTicket, ...]
    discount_code: RequestedCode
    access_code: RequestedCode
    amount: Decimal | None
    discount_verify: bool
    buyer: RequestedBuyer | None = None
    offer: str | None = None
    replaced: Replaced = Replaced()
    has_least: bool = True
    before: BoughtBefore = NOTHING


def names_buyer(request: Request) -> bool:
    """Whether the body says who buys, as one without an account does."""
    content = read_json(request)
    return isinstance(content, dict) and content.get("buyer") is not None


def parse_basket_request(request: Request) -> BasketRequest:
    """Parse the body. Raises Problem 400, and Problems with 422 that point into the body."""
    content = read_json(request)
    if not isinstance(content, dict):
        raise bad_document("The body must be a JSON object.")
    # Pointers use the spelling of the request.
    spelled = {_dashed(name): name for name in content}
    try:
        parsed = _WANTED.load(content)
    except ValidationError as mistake:
        messages: dict[str, Any] = mistake.normalized_messages()  # type: ignore[no-untyped-call]
        as_sent = {spelled.get(name, name): below for name, below in messages.items()}
        raise Problems(_problems(as_sent, "")) from None
    lines = (RequestedTicket(**line, number=number) for number, line in enumerate(parsed["tickets"]))
    # Clients send a line for every ticket: those with quantity 0 are dropped.
    tickets = tuple(line for line in lines if line.quantity)
    seen: set[int] = set()
    for ticket in tickets:
        if ticket.id in seen:
            raise invalid("This ticket is in the list already.", ticket.pointer("id"))
        seen.add(ticket.id)
    return BasketRequest(
        tickets=tickets,
        discount_code=RequestedCode(
            "discount code", f"/{spelled.get('discount-code', '')}", parsed["discount_code"]
        ),
        access_code=RequestedCode("access code", f"/{spelled.get('access-code', '')}", parsed["access_code"]),
        amount=parsed["amount"],
        discount_verify=parsed["discount_verify"],
        buyer=RequestedBuyer(**parsed["buyer"]) if parsed["buyer"] is not None else None,
        offer=parsed["waiting_list_offer"],
    )


def _not_blank(text: str) -> None:
    if is_blank(text):
        raise ValidationError("Who buys has a name.")


class _Id(fields.Field[int]):
    """An id as a number or as a text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            id = whole(value)
        except ValueError:
            raise ValidationError("Not an id.") from None
        if not _is_id(str(id)):
            raise ValidationError("Not an id.")
        return id


class _CodeField(fields.Field[Any]):
    """A code's text, also if it consists of digits and was sent as a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise ValidationError("Not a code.")
        text = str(value)
        demand_length(text, LONGEST_LINE)
        return code_form(text) or None


class _Dashed(Schema):
    """Member names may have underscores instead of dashes."""

    @pre_load
    def _with_dashes(self, data: Any, **_options: Any) -> Any:
        return {_dashed(name): value for name, value in data.items()} if isinstance(data, dict) else data


class _TicketSchema(_Dashed):
    id = _Id(required=True)
    quantity = fields.Int(load_default=1, validate=validate.Range(0, 2**31 - 1))
    price = money(load_default=None, allow_none=True)


class _BuyerSchema(Schema):
    name = fields.Line(required=True, validate=validate.And(validate.Length(1, _LONGEST_NAME), _not_blank))
    email = EmailAddress(required=True)

    class Meta(Schema.Meta):
        unknown = RAISE


class _WantedSchema(_Dashed):
    tickets = fields.List(fields.Nested(_TicketSchema), required=True, validate=validate.Length(1, 100))
    discount_code = _CodeField(load_default=None, allow_none=True)
    access_code = _CodeField(load_default=None, allow_none=True)
    amount = money(load_default=None, allow_none=True)
    discount_verify = fields.Bool(load_default=False, truthy={True}, falsy={False})
    buyer = fields.Nested(_BuyerSchema, load_default=None, allow_none=True)
    waiting_list_offer = fields.Str(
        load_default=None, allow_none=True, validate=validate.Length(1, LONGEST_LINE)
    )


_WANTED = _WantedSchema()


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= _LARGEST_ID


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _problems(messages: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for name, below in messages.items():
            yield from _problems(below, pointer if name == "_schema" else f"{pointer}/{name}")
    else:
        yield invalid(" ".join(str(message) for message in messages), pointer)
