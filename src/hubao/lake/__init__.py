"""Access events at rest: schema, readers, writer, and the one door to each engine."""
