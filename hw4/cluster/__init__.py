"""Blocks of seeds that are trained elsewhere: on the workers of any `concurrent.futures.Executor`.

A block is a recipe and its seeds, so it may be trained twice, or anywhere, to the same bits. What
decides claims and writes the store stays on one machine.
"""
