"""Scopes of rate limit counters: account, IP address, recipient, a member of the path or the body."""

from ipaddress import IPv6Address
from typing import Any

from chalicelib.limits.limit import Scope, Subject
from chalicelib.values.addresses import stored_form


def account(subject: Subject) -> str | None:
    """The authenticated account; for who holds a link instead, what the link is for."""
    if subject.account is None and subject.opens:
        return f"link {' '.join(f'{type} {id}' for type, id in sorted(subject.opens.items()))}"
    return None if subject.account is None else f"account {subject.account}"


def without_account(scope: Scope) -> Scope:
    """The scope, for requests without the token of an account alone."""
    return lambda subject: scope(subject) if subject.account is None else None


def source(subject: Subject) -> str | None:
    """The client's IP address; for IPv6 its /64 network, which one person controls.

    A request without one (the command line, a test) is not limited by it.
    """
    if ":" not in subject.source:
        return subject.source or None
    try:
        number = int(IPv6Address(subject.source.partition("%")[0]))
    except ValueError:
        return subject.source
    mapped = IPv6Address(number).ipv4_mapped
    return str(mapped) if mapped is not None else f"{number >> 64:x}::/64"


def person(subject: Subject) -> str | None:
    """The account, or else the IP address."""
    return account(subject) or source(subject)


def recipient(*pointers: str) -> Scope:
    """The email address at the first of these JSON pointers in the body that has one."""

    def scope(subject: Subject) -> str | None:
        for pointer in pointers:
            value = _at(subject.body, pointer)
            if isinstance(value, str) and value.strip():
                return address(value)
        return None

    return scope


def parameter(name: str) -> Scope:
    """A path parameter."""
    return lambda subject: subject.path.get(name)


def given(*places: str) -> Scope:
    """A constant, if there is a value at one of these places: a /pointer into the body, or a path
    parameter.
    """

    def scope(subject: Subject) -> str | None:
        values = (
            _at(subject.body, place) if place.startswith("/") else subject.path.get(place) for place in places
        )
        return "given" if any(value not in (None, "") for value in values) else None

    return scope


def address(text: str) -> str:
    """An email address in the form in which it is counted: one mailbox, however it is written."""
    return f"mailbox {stored_form(text).lower()}"


def _at(body: Any, pointer: str) -> Any:
    for name in pointer.strip("/").split("/"):
        body = body.get(name) if isinstance(body, dict) else None
    return body
