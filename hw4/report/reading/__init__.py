"""What a record means, for whatever shows it."""
