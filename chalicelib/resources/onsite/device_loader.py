"""Validity of a capability: whether the token of a paired device still counts, which each request asks.

Apart from door_device.py, because every request with such a token needs this, and no table of it.
"""

from typing import Final

from chalicelib.auth.viewer import Links, register_links

# What a device's token opens: itself, and the door of the event. No policy knows these, so that the token
# reads
# nothing that nobody else may read; the actions of the door ask for it.
DEVICE: Final = "door-device"
DOOR: Final = "door-of-event"
_VERSION: Final = """
SELECT version::text FROM door_devices
WHERE id = $1::bigint AND event_id = $2::bigint AND paired_at IS NOT NULL AND revoked_at IS NULL
"""


register_links(Links(_VERSION, (DEVICE, DOOR)))
