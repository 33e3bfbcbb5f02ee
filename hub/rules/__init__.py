"""Rules as sentences of data: a small language, and its two evaluators that are proven equal."""
