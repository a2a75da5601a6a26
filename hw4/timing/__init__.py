"""Time: a stopwatch for two callables, and what may have disturbed it."""
