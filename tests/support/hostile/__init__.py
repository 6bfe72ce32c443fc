"""Hostile programs, what they must get, and the machine around them."""
