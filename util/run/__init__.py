"""A run: options, plan, pipeline."""
