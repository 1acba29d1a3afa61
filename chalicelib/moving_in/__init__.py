"""Data migration: takes over a whole installation of Open Event Server, by its database and its files.

maps/ says which old table and column becomes which one here; tables.py has the words for that. source.py
reads the old database and never writes it; conversion.py makes our rows of old ones; target.py writes them;
media.py copies files; run.py goes through all tables; report.py counts and says what could not come.
docs/moving-in.md is for operators.
"""
