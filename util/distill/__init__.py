"""Steps 0 and 2: difficulty labels, and rewriting responses into thought and solution."""
