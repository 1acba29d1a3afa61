"""Events and what describes them: topics, questions, links."""
