"""Statements about training neural networks, as tests that give the same answer tomorrow."""
