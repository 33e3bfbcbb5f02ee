"""What benchmarks share: crowds, onlookers, rows."""
