"""OpenAI-compatible servers and the Batch API."""
