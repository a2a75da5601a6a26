"""Benchmarks of two trees, side by side."""
