"""Health, service notification, logs."""
