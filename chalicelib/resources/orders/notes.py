"""Texts that only grow: times of arrival, names of devices, remarks. What is noted stays noted."""


def appended(former: str | None, sent: str | None) -> str | None:
    """What was there and what is new, joined by a comma; what was sent along again counts once."""
    if not former or (sent or "").startswith(former):
        return sent
    return f"{former},{sent}" if sent and sent not in former.split(",") else former
