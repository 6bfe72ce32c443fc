"""Result files: their names, formats, and what a run keeps of them."""
