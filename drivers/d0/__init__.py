"""IEC 62056-21 read-outs: the optical (D0) and current-loop ports of older meters."""
