"""Form fields: the declaration, their translations, the well-known ones, and whether they are answered."""
