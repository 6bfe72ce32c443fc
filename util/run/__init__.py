"""A run: its options, plan and pipeline."""
