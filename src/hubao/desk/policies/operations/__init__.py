"""Use cases about policy records; each opens its own transaction."""
