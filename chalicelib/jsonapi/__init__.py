"""The JSON:API engine. It knows no noun and could be lifted into another product.

resource    what a noun is: model, schema and policy under one name; the registry of all of them
fields      what a schema may say: attributes and relationships
policy      who may see, create, change and remove: rules that become SQL
query       what the query string asks for, checked
filters     the filter language
read        one statement per question
document    the body of a write, checked, and the texts of answers
write       create, change, remove, restore
linkage     the relationships endpoints
answer      from a request to an answer: addresses, negotiation, entity tags, errors
action      verbs with an address of their own
"""
