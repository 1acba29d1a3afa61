"""Administration: what staff maintains, and reports for staff."""
