"""An event as one file: what is archived, how it is read and written, and how it comes back."""
