"""Asking services on the internet politely, and the leaves of their answers: shared by the feeds."""
