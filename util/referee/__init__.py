"""Judge the responses in other tools' result files again, and compare the verdicts."""
