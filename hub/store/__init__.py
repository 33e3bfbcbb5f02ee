"""History and state: the ring, and state.db."""
