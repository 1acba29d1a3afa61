"""File uploads by presigned POST: directly to S3, checked on arrival, then published.

The bytes go from the client to the bucket and never through our functions.
"""

from chalicelib.uploads.arrival import receive, refuse
from chalicelib.uploads.form import open_upload
from chalicelib.uploads.slots import SLOTS, Rendition, Slot, declare
from chalicelib.uploads.upload import Upload, public_url

__all__ = [
    "SLOTS",
    "Rendition",
    "Slot",
    "Upload",
    "declare",
    "open_upload",
    "public_url",
    "receive",
    "refuse",
]
