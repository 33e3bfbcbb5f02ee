"""SunSpec over Modbus."""
