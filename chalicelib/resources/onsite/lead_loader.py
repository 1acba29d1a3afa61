"""Validity of a capability: whether the token of an exhibitor's device still counts, which each request asks.

Apart from lead_device.py, because every request with such a token needs this, and no table of it.
"""

from typing import Final

from chalicelib.auth.viewer import Links, register_links

# What such a token opens: the device, and the leads of its exhibitor. No policy knows these.
LEAD_DEVICE: Final = "lead-device"
LEADS: Final = "leads-of-exhibitor"
_VERSION: Final = """
SELECT token_version::text FROM lead_devices
WHERE id = $1::bigint AND exhibitor_id = $2::bigint AND paired_at IS NOT NULL AND revoked_at IS NULL
"""


register_links(Links(_VERSION, (LEAD_DEVICE, LEADS)))
