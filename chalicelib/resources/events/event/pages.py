"""Addresses of an event's pages in the web front end."""

from chalicelib.settings import settings


def organizers_page(identifier: str, page: str = "") -> str:
    """Where organizers manage the event, or one of the pages there, such as "tickets"."""
    address = f"{settings().web_url}/events/{identifier}"
    return f"{address}/{page}" if page else address
