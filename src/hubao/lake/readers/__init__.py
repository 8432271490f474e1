"""One reader per format; each hands on rows of text with the line where they start."""
