"""Who gets which status code: one table for every type, method, event and kind of viewer."""
