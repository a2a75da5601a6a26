"""Networks: ours and the user's, what they compute, and their initial weights."""
