"""Scopes of rate limit counters: account, IP address, recipient, a member of the path or the body."""

from ipaddress import IPv6Address
from typing import Any

from chalicelib.limits.limit import Asked, Scope
from chalicelib.values.addresses import stored_form


def account(asked: Asked) -> str | None:
    """The authenticated account."""
    return None if asked.account is None else f"account {asked.account}"


def source(asked: Asked) -> str | None:
    """The client's IP address; for IPv6 its /64 network, which one person controls.

    A request without one (the command line, a test) is not limited by it.
    """
    if ":" not in asked.source:
        return asked.source or None
    try:
        number = int(IPv6Address(asked.source.partition("%")[0]))
    except ValueError:
        return asked.source
    mapped = IPv6Address(number).ipv4_mapped
    return str(mapped) if mapped is not None else f"{number >> 64:x}::/64"


def person(asked: Asked) -> str | None:
    """The account, or else the IP address."""
    return account(asked) or source(asked)


def recipient(*pointers: str) -> Scope:
    """The email address at the first of these JSON pointers in the body that has one."""

    def scope(asked: Asked) -> str | None:
        for pointer in pointers:
            value = _at(asked.body, pointer)
            if isinstance(value, str) and value.strip():
                return address(value)
        return None

    return scope


def parameter(name: str) -> Scope:
    """A path parameter."""
    return lambda asked: asked.path.get(name)


def given(*places: str) -> Scope:
    """A constant, if there is a value at one of these places: a /pointer into the body, or a path
    parameter.
    """

    def scope(asked: Asked) -> str | None:
        found = (_at(asked.body, one) if one.startswith("/") else asked.path.get(one) for one in places)
        return "given" if any(value not in (None, "") for value in found) else None

    return scope


def address(text: str) -> str:
    """An email address in the form in which it is counted: one mailbox, however it is written."""
    return f"mailbox {stored_form(text).lower()}"


def _at(body: Any, pointer: str) -> Any:
    for name in pointer.strip("/").split("/"):
        body = body.get(name) if isinstance(body, dict) else None
    return body
