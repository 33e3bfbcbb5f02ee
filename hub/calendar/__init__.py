"""What a moment is for people: local time, sun, holidays."""
