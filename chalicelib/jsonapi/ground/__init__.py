"""Foundation of the engine, without any resource type: requests, answers, errors, content coding, SQL
builder.
"""
