"""Training data from judged responses: collect, deduplicate, decontaminate, select, write."""
