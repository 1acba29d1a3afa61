"""The map of this house. Imports only go down.

door        (app.py, door.py)  every way the system is woken
verbs       actions/     now: what people do that is more than writing a row
            tasks/       later: what follows, from the queue
            docs/        the description of the API, made from the nouns
nouns       resources/   what there is, in areas: AREA/TYPE.py, or AREA/TYPE/TYPE.py and what belongs to it
machinery   jsonapi/     the engine: from a declaration to addresses, SQL, rights and documents
            auth/        who is asking: viewers, tokens, passwords, roles
            signals.py   what happened, told to whoever wants to know
            outbox.py    what is to be done later, never forgotten
            uploads/     files: from a slot to a true type
            health.py    whether everything that we stand on stands
            mail.py      mails
            ddl/         changes of the schema that hold nobody up, for migrations (migrate.py runs them)
            memorable/   numbers as sentences that people remember
ground      settings.py  the only reader of the environment
            db.py        the only place that commits (db_errors.py: what its errors say)
            aws.py       the only importer of boto3
            telemetry.py the one door to tracing and metrics
            values/      what values mean: one list and one form for addresses, keys, currencies, zones
            clock.py, log.py
"""
