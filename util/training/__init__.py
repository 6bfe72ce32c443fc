"""Training data from judged responses: gather, deduplicate, decontaminate, choose, write."""
