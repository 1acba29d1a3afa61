"""Command line for operators: rare maintenance that should not be done by hand in the database.

It uses the settings in the environment (DATABASE_URL, TASKS_QUEUE_URL ...), as the functions do.
"""
