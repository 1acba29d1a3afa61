"""What nouns are declared with: attributes, relationships, rules, resources, and the context of work."""
