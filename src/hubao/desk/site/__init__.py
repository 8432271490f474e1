"""The home page, navigation, and what has no room of its own."""
