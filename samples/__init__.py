"""Small embedded problems, and the quickstart that runs the pipeline on them."""
