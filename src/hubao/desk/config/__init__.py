"""Settings, environment and entry points: wires the rooms; imported by none of them."""
