"""Password hashes and verifications at full cost, but each made once: they take 30 to 60 ms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# For a test whose subject is the hash.
REAL_HASH = PasswordHasher.hash


@contextmanager
def made_once() -> Iterator[None]:
    """Cache hashes by password and parameters for the block, and verifications by hash and password."""
    compare = PasswordHasher.verify
    hashes: dict[tuple[object, ...], str] = {}
    matching: dict[tuple[str | bytes, str | bytes], bool] = {}

    def hashed(self: PasswordHasher, password: str | bytes, **options: Any) -> str:
        key = (password, self.time_cost, self.memory_cost, self.parallelism)
        if options:
            return REAL_HASH(self, password, **options)
        if key not in hashes:
            hashes[key] = REAL_HASH(self, password)
        return hashes[key]

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
        patched.setattr(PasswordHasher, "hash", hashed)
        patched.setattr(PasswordHasher, "verify", verify)
        yield
