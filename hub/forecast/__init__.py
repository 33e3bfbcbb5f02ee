"""What the house will make and use: pure."""
