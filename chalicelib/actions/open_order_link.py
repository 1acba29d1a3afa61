"""Links of orders that were bought without an account: exchanged for a token, mailed again, revoked."""

from typing import Final

from chalicelib import signals
from chalicelib.actions.account_requests import data, text
from chalicelib.auth import tokens
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.rendering import message_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.limits.declared import LINK_MAILS, LINK_MAILS_BY_SOURCE, TOKEN_GUESSES
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.links import UnlockedOrder
from chalicelib.values import addresses
from chalicelib.values.accepted_languages import accepted_language
from chalicelib.values.messages import MAILS

_ON_THEIR_WAY: Final = "If something was bought with this address without an account, mails are on their way."


@action("POST", "/v1/orders/open-link", reads_token=False, secret=True, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has the link from the mail",
    open=True,
    request={"data": {"token": "LINK_KEY"}},
    response={
        "access_token": "LINK_TOKEN",
        "expires-in": 3600,
        "order": {"id": "1", "identifier": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"},
        "linked-orders": [{"id": "2", "identifier": "LINKED_ORDER", "access_token": "LINKED_TOKEN"}],
    },
    errors=(400, 404, 413),
)
def open_order_link(context: Context) -> Answer:
    """{data: {token}} with what follows #key= in the mailed link -> a token for that order alone, and one
    for each order of the same buyer that was added to it, or it to that.

    Valid for an hour, it is sent as an account's is, in the Authorization header. This proves the buyer's
    address; further mails about the order are in the language of Accept-Language, if there are texts in it.
    404 for a link that is unknown, has ended or was revoked, and once an account has the order.
    """
    language = accepted_language(context.request.headers.get("accept-language"), MAILS)
    order = links.unlock(context.session, text(data(context), "token", at="/data"), language)
    if order is None:
        raise not_found("This link is unknown, has ended or was revoked.", "/data/token")
    linked = [
        {**_named(other), "access_token": _token(other)}
        for other in links.unlock_linked(context.session, order.id)
    ]
    return plain(
        {
            "access_token": _token(order),
            "expires-in": links.TOKEN_SECONDS,
            "order": _named(order),
            "linked-orders": linked,
        }
    )


@action("POST", "/v1/orders/mail-links", reads_token=False, limited_by=(LINK_MAILS, LINK_MAILS_BY_SOURCE))
@documented(
    who="everybody",
    open=True,
    request={"data": {"email": "ada@example.org"}},
    response={"message": _ON_THEIR_WAY},
    errors=(400, 413, 422),
)
def mail_order_links(context: Context) -> Answer:
    """{data: {email}} -> links of the newest orders of this address are mailed to it; the answer does not
    tell whether there are any.
    """
    email = addresses.stored_form(text(data(context), "email", at="/data"))
    mistake = addresses.mistake_in(email)
    if mistake is not None:
        raise invalid(mistake, "/data/email")
    # They are looked up by a task, so that neither text nor timing discloses whether there are any.
    signals.emit(context.session, "order.links_requested", email=email)
    return plain({"message": _ON_THEIR_WAY})


@action("DELETE", "/v1/orders/{order}/links", documents=True)
@documented(
    who="the buyer, and owner, organizers and coorganizers of the event",
    path={"order": "1"},
    response={"jsonapi": {"version": "1.1"}, "meta": {"message": "The links of the order are revoked."}},
    errors=(401, 403, 404, 406),
)
def revoke_order_links(context: Context, order: str) -> Answer:
    """All links of the order end, and all tokens that they were exchanged for, the caller's too.

    Mailing links to its buyer makes new ones.
    """
    context.demand_identity()
    row = lock_editable(context, context.registry["order"], order)
    links.revoke(context.session, row.id)
    return message_answer("The links of the order are revoked.")


def _token(order: UnlockedOrder) -> str:
    return tokens.link_token(links.rows_of(order.id, order.event_id), order.version)


def _named(order: UnlockedOrder) -> dict[str, str]:
    return {"id": str(order.id), "identifier": order.identifier}
