"""What sets each segment apart, in numbers and in words."""
