"""Command line, options, errors, credentials and processes."""
