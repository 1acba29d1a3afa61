"""JSON:API engine: turns declared resource types into endpoints, SQL, permissions and documents.

It knows no product type and could be moved to another product. Seven packages form layers; each imports only
what is listed below it here, and `make check` enforces that.

http/    request to answer, in one transaction (answer): the generic endpoints (shapes, crud,
         relationships), actions with an endpoint of their own (action), rate limits (limited), content
         negotiation and entity tags (negotiation), idempotency keys (idempotency), documents (rendering),
         database errors as JSON:API errors (failures)
write/   create, update, delete and restore a row (rows, changing) from a document (document, loading,
         links); linkage writes to-many relationships
read/    one SQL statement per query (statement); objects writes its resource objects, inclusion the included
         ones; find executes it
query/   parses the query string (parse): filter language (filters, filter_reader), sort order (sorting),
         keyset pagination (cursor)
rights/  compiles permission rules to SQL conditions (compiler); verdicts evaluates a policy for one row,
         explanation each part of a rule; proofs are secrets in the request that unlock rows
model/   declares a resource type: model, schema and policy under one name, and the registry of all
         (resource); attributes (attr, fields, kinds); rules as data (rules, policy); the request context
         (context) and a write in progress (change)
ground/  requests and answers, errors, content coding, and the SQL builder (sql)
"""
