"""The JSON:API engine. It knows no noun and could be lifted into another product.

resource    what a noun is: model, schema and policy under one name; the registry of all of them
fields      what a schema may say: attributes and relationships
rules       rules of rights as data; policy has the vocabulary by which nouns make them
sql         SQL under construction: text, parameters and columns; viewer_parameters come from the viewer
compiler    from rules to conditions in SQL; explanation asks each part of a rule
query       what the query string asks for, checked
filters     the filter language; filter_reader reads it
cursor      pages that stay stable
statement   one statement per question; objects writes its resource objects, inclusion the included ones,
            sorting the order
read        runs it
document    the body of a write; loading and links check its attributes and links
rights      asks a policy about one row
write       create, change (change), remove and restore; linkage makes to-many links
rendering   the documents of answers
negotiation media types and entity tags
shapes      the generic addresses; crud answers them
action      verbs with an address of their own
answer      from a request to an answer, in one transaction
failures    what the database refuses, as errors
"""
