"""Signing keys of tokens, by key id, for key rotation."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from chalicelib import aws
from chalicelib.settings import NotConfigured, settings

_SHORTEST_SECRET: Final = 32  # bytes: RFC 7518, section 3.2


def keys() -> Mapping[str, str]:
    """Signing keys by key id, newest first. Raises NotConfigured when there is none."""
    text = settings().jwt_keys
    if not text and settings().jwt_keys_parameter:
        text = aws.parameter(settings().jwt_keys_parameter)
    return _keys_in(text)


@cache
def _keys_in(text: str) -> Mapping[str, str]:
    pairs = [entry.strip().partition(":") for entry in text.split(",") if entry.strip()]
    secrets = {kid: secret for kid, _, secret in pairs}
    if not secrets:
        raise NotConfigured("neither JWT_KEYS nor JWT_KEYS_PARAMETER is set")
    for kid, secret in secrets.items():
        if not kid or len(secret.encode()) < _SHORTEST_SECRET:
            raise NotConfigured(f"JWT_KEYS: key {kid!r} needs a name and {_SHORTEST_SECRET} bytes or more")
    return MappingProxyType(secrets)
