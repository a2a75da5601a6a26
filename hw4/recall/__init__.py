"""What a function gave, remembered under the code that ran and all else that it read."""
