"""Steps 0 and 2: difficulty labels, and responses rewritten into thought and solution."""
