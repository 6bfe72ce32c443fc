"""Prompts, and what each model needs."""
