"""Hostile programs, the verdicts they must get, and checks that the machine around them stays unchanged."""
