"""The house as physics: pure, deterministic for (seed, home, start), no input or output."""
