"""The P1 port of Dutch, Belgian, Luxembourg, Swedish, Irish and Hungarian meters (DSMR 2.2 to 5, eMUCS-P1)."""
