"""Looking for devices: the table of finders, where to look, and what was found so far. Reads only."""
