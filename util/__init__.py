"""How things are done: engines, checking, storage, formats. Knows no dataset."""
