"""Map of the code. A module imports only from its own layer and those below it.

entry points  (app.py, entrypoints.py)  HTTP, queue, clock, bucket events, migration: every Lambda invocation
actions       actions/     synchronous operations beyond CRUD on one resource ("verbs")
              tasks/       asynchronous operations, from the queue
              exports/     lists of rows as CSV, XLSX and PDF, written by a task
              archive/     an event as one file: out, in, and copied
              feeds/       programmes and lists of events in the formats that other programs read
              docs/        the API description, generated from the resource types
              moving_in/   takes over a database of the former server, for operators
resources     resources/   the resource types ("nouns"): AREA/TYPE.py or AREA/TYPE/TYPE.py
machinery     jsonapi/     JSON:API engine: endpoints, SQL, permissions and documents from declarations
              auth/        authentication: viewers, tokens, passwords, roles
              signals.py   domain events, delivered to receivers in the same transaction
              outbox.py    transactional outbox of tasks
              uploads/     file uploads: presigned POST, type detection, renditions
              health.py    health checks
              mail.py      emails
              papers/      tickets and invoices as PDF, for tasks (paper_store.py gives them out)
              calendar_file.py  iCalendar files
              ddl/         online schema changes for migrations (migrate.py runs them)
              memorable/   numbers as memorable sentences
ground        settings.py  the only reader of the environment
              db.py        transactions; db_statements.py sends SQL; nothing else commits
              db_connection.py  the connection without SQLAlchemy (db_errors.py: PostgreSQL's error fields)
              aws.py       the only importer of boto3
              telemetry.py tracing and metrics
              values/      validation and normal forms: addresses, keys, currencies, time zones
              clock.py, log.py
"""
