"""The homework's statements, one file a subject: what `hw4 run` decides unless it is given paths."""
