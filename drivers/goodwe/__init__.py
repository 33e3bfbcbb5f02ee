"""GoodWe inverters over UDP port 8899: Modbus registers in a frame of their own (ET, DT), and the older AA55 (ES)."""
