"""What networks are trained for and by: losses, metrics, optimisers, and when to stop."""
