"""What is done about feeds: set sources up, import, take pushes in, tell of silences."""
