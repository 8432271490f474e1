"""A simulated insurer: small leaks for the demo, big logs for the benches; ids only, no people."""
