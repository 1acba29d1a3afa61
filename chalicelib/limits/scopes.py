"""What a counter can be for: an account, a source address, a recipient, a member of the path or the body."""

from typing import Any

from chalicelib.limits.limit import Asked, Scope
from chalicelib.values.addresses import stored_form


def account(asked: Asked) -> str | None:
    """Whoever is signed in."""
    return None if asked.account is None else f"account {asked.account}"


def source(asked: Asked) -> str | None:
    """The address that the request came from. Of IPv6 the network of 64 bits, all of which one person has.

    A request without one (the command line, a test) is not limited by it.
    """
    if ":" not in asked.source:
        return asked.source or None
    from ipaddress import IPv6Address  # few requests need it

    try:
        number = int(IPv6Address(asked.source.partition("%")[0]))
    except ValueError:
        return asked.source
    mapped = IPv6Address(number).ipv4_mapped
    return str(mapped) if mapped is not None else f"{number >> 64:x}::/64"


def person(asked: Asked) -> str | None:
    """Whoever is signed in, or else the source address."""
    return account(asked) or source(asked)


def recipient(*pointers: str) -> Scope:
    """The e-mail address at the first of these places in the body where there is one."""

    def scope(asked: Asked) -> str | None:
        for pointer in pointers:
            value = _at(asked.body, pointer)
            if isinstance(value, str) and value.strip():
                return address(value)
        return None

    return scope


def parameter(name: str) -> Scope:
    """A parameter of the address."""
    return lambda asked: asked.path.get(name)


def given(*places: str) -> Scope:
    """That something is given at one of these places, whatever it is: /member of the body, or a parameter."""

    def scope(asked: Asked) -> str | None:
        found = (_at(asked.body, one) if one.startswith("/") else asked.path.get(one) for one in places)
        return "given" if any(value not in (None, "") for value in found) else None

    return scope


def address(text: str) -> str:
    """An e-mail address as it is counted: however it is written, it is one mailbox."""
    return f"mailbox {stored_form(text).lower()}"


def _at(body: Any, pointer: str) -> Any:
    for name in pointer.strip("/").split("/"):
        body = body.get(name) if isinstance(body, dict) else None
    return body
