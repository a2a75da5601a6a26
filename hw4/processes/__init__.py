"""Processes of our own: how they are started, heard and ended."""
