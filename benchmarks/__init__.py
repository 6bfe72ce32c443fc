"""Side-by-side measurements; each script prints its own table."""
