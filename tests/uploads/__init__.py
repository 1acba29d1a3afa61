"""Files on their way in: the form, the look at the bytes, and the verdict."""
