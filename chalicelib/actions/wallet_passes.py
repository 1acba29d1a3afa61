"""Wallet passes: a ticket for Apple Wallet, and the link that saves it to Google Wallet."""

from typing import Final

from chalicelib import paper_store
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAPERS
from chalicelib.tasks.wallet_passes import APPLE, GOOGLE, WalletPass, is_set_up, pass_of

_WHO: Final = "the buyer, the attendee, and owner, organizers, coorganizers and registrars of the event"
_NAMES: Final = {APPLE: "Apple Wallet", GOOGLE: "Google Wallet"}


@action("GET", "/v1/attendees/{attendee}/wallet-pass")
@documented(
    who=_WHO,
    path={"attendee": "97"},
    response={"apple": True, "google": False},
    errors=(400, 401, 404, 409),
)
def show_wallets(context: Context, attendee: str) -> Answer:
    """{apple, google}: for which wallets this installation makes passes of the ticket.

    409 while nobody is admitted with it, as for its PDF.
    """
    context.demand_identity()
    _pass(context, attendee)
    return plain({wallet: is_set_up(wallet) for wallet in (APPLE, GOOGLE)})


@action("GET", "/v1/attendees/{attendee}/wallet-pass/apple", limited_by=(PAPERS,), acts=True)
@documented(who=_WHO, path={"attendee": "97"}, status=302, errors=(400, 401, 404, 409, 503))
def fetch_apple_pass(context: Context, attendee: str) -> Answer:
    """302 to the ticket as a signed .pkpass, with the code of by now. The URL expires after five minutes.

    One that is fetched again replaces that on the phone. 409 while nobody is admitted with the ticket, and
    where the installation has no certificate of Apple's; 503 with Retry-After if it takes too long.
    """
    context.demand_identity()
    return paper_store.fetched(context, _pass(context, attendee, APPLE).paper(APPLE))


@action("GET", "/v1/attendees/{attendee}/wallet-pass/google", limited_by=(PAPERS,), acts=True)
@documented(
    who=_WHO,
    path={"attendee": "97"},
    response={"url": "https://pay.google.com/gp/v/save/SIGNED"},
    errors=(400, 401, 404, 409, 503),
)
def fetch_google_link(context: Context, attendee: str) -> Answer:
    """{url}: a link at pay.google.com that saves the ticket, with the code of by now, for whoever opens it.

    409 while nobody is admitted with the ticket, and where the installation issues nothing at Google; 503
    with Retry-After if it takes too long.
    """
    context.demand_identity()
    return plain({"url": paper_store.fetched_text(context, _pass(context, attendee, GOOGLE).paper(GOOGLE))})


def _pass(context: Context, attendee: str, wallet: str = "") -> WalletPass:
    """The ticket as a pass. Raises Problem 404, and 409 where there is none."""
    row = visible(context, "attendee", attendee, "attendee.order_id")
    if wallet and not is_set_up(wallet):
        raise conflict(f"This installation makes no passes for {_NAMES[wallet]}.")
    known = pass_of(context.session, row.value, row.id) if row.value is not None else None
    if known is None:
        raise not_found("There is no ticket.")
    if known.refusal:
        raise conflict(known.refusal)
    return known
