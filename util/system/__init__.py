"""Command line, errors, credentials, processes."""
