"""Exports: lists of an event's, a group's or the platform's rows as files (CSV, XLSX, PDF)."""
