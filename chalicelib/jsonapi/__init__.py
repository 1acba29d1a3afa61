"""The JSON:API engine. It knows no noun and could be lifted into another product.

Seven packages, one above the other: each imports only what stands below it here, and `make check` sees to it.

http/    from a request to an answer, in one transaction (answer): the generic addresses (shapes, crud,
         relationships), verbs with an address of their own (action), rate limits (limited), media types and
         entity tags (negotiation), answers that are kept (idempotency), documents (rendering), what the
         database refuses (failures)
write/   create, change, remove and restore a row (rows, changing) from a document (document, loading, links);
         linkage makes to-many links
read/    one statement per question (statement); objects writes its resource objects, inclusion the included
         ones; find runs it
query/   what the query string asks for (parse): the filter language (filters, filter_reader), the order
         (sorting), pages that stay stable (cursor)
rights/  from rules to conditions in SQL (compiler); verdicts asks a policy about one row, explanation each
         part of a rule; proofs are secrets that a request shows
model/   what a noun is: model, schema and policy under one name, and the registry of all (resource);
         attributes (attr, fields, kinds); rules as data (rules, policy); what every piece of work is given
         (context) and a write in progress (change)
ground/  requests and answers, errors, content coding, and SQL under construction (sql)
"""
