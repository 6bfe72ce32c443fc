"""Worker processes that run a checker."""
