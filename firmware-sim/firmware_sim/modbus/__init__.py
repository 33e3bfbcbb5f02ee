"""A Modbus server of its own (TCP and RTU), shared with nothing outside this package."""
