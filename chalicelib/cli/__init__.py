"""The command line for operators: what is rarely done, and better not by hand in the database.

It acts on whatever the settings lead to (DATABASE_URL, TASKS_QUEUE_URL ...), as the functions do.
"""
