"""The grammar of endings: which text of a response is its final answer. The rule of choice is in util/answers/extract.py.

``answer_part`` separates thought and answer, ``boxes`` and ``markers`` find candidates, ``stated_values`` reads the text
behind a marker, ``surroundings`` the formula around a box, ``commitment`` says which candidates are denied or taken back.
"""
