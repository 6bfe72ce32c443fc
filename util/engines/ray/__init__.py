"""Replicas of vLLM on a Ray cluster."""
