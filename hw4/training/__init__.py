"""From a recipe and seeds to runs: the engine, its probes and the store."""
