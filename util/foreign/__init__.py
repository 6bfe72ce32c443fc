"""Result files of other evaluation tools, read as ``ForeignSample`` records. One reader a file."""
