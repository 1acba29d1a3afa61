"""What an offer of the waiting list proves about the account that orders with it."""

from dataclasses import replace

from chalicelib.actions.account_requests import note_verified
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.waiting_list_entry.claiming import proves_address
from chalicelib.resources.people.user.user import User


def proven_by_offer(context: Context, offer: str) -> Context:
    """Whoever has signed up with the address to which an offer was mailed has shown by its secret that it is
    theirs: the account is verified from now on.
    """
    viewer = context.viewer
    if viewer.id is None or viewer.is_verified or not proves_address(context.session, offer, viewer):
        return context
    note_verified(context, context.session.get_one(User, viewer.id, with_for_update=True))
    return context.acting_as(replace(viewer, is_verified=True))
