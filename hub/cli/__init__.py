"""The commands of SURFACE, one file each. Data on stdout, everything else on stderr."""
