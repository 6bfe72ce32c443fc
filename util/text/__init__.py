"""Text that models write: code blocks and think tags."""
