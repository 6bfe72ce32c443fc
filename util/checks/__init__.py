"""Worker processes that run the checker."""
