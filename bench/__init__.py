"""Benchmarks: commands beside the test suite. Ratios against a named alternative in the same run."""
