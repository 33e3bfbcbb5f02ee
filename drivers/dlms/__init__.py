"""DLMS/COSEM push: customer ports (HAN, P1, M-Bus) of meters in the Nordics, Austria and Switzerland."""
