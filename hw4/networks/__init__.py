"""Networks: ours and the user's, what they compute and how they begin."""
