"""Password verification at full cost, but cached by password and hash."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


@contextmanager
def compared_once() -> Iterator[None]:
    """Cache results for the block: they depend on password and hash only."""
    compare = PasswordHasher.verify
    matching: dict[tuple[str | bytes, str | bytes], bool] = {}

    def verify(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:
        if (hash, password) not in matching:
            try:
                matching[hash, password] = compare(self, hash, password)
            except VerifyMismatchError:
                matching[hash, password] = False
        if not matching[hash, password]:
            raise VerifyMismatchError("The password does not match the supplied hash")
        return True

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PasswordHasher, "verify", verify)
        yield
