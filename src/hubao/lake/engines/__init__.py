"""One module per engine; the only place that imports the engine's own library."""
