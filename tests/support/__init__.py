"""Shared by tests: servers with faults, hostile programs, rows, waiting for events."""
