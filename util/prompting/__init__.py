"""Prompts and model profiles."""
