"""Topic-named helpers that every room may use."""
