"""Run code that a model wrote, and judge it by tests. See ``judge`` and docs/judge.md."""
