"""What can be the id of a row."""


def is_number(id: str) -> bool:
    """Whether this text can be a row's id: ASCII digits within the range of bigint."""
    return id.isascii() and id.isdecimal() and len(id) < 20 and int(id) < 2**63
