"""Parsing of model responses: code blocks and think tags."""
