"""What a claim is, and how its evidence is asked for and judged."""
