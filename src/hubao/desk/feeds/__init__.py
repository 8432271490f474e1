"""Access events from other systems: sources, imports into the lake, and whether they still come."""
