"""A whole recipe as one file: its steps run the suite's scripts, one after the other (docs/recipes.md)."""
