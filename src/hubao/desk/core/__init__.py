"""What every room of the desk needs."""
