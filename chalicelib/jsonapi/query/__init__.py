"""The query string: parsed, validated, and translated to SQL conditions and sort keys."""
