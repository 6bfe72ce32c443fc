"""Whether a response follows the 25 verifiable instructions of IFEval (Zhou et al. 2023, arXiv 2311.07911, table 1).

``following.py`` judges a response by all instructions of a row, strictly and loosely. A rule is a function from the
arguments of an instruction and a text to whether the text follows it; ``rules.py`` has them by name. docs/ifeval.md lists
where the rules differ from the authors' program, and why.
"""
