"""Values of trees: one evaluator, several fields, and equality of values."""
