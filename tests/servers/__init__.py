"""A server that plays every shape and refusal of OpenAI-compatible servers, and scenarios for the scripts against it.

``wire.py``: replies, byte by byte. ``answers.py``: chat completions, as a body or as a stream. ``faults.py``: refusals.
``server.py``: the server. ``scenarios/``: what is played and expected, one file per kind. ``play.py``: plays a scenario
through a script and compares.
"""
