"""Answers as trees: nodes, lexer, grammar, normalisation."""
