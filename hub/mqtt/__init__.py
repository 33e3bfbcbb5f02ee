"""The hub's own MQTT broker (one interface, two engines) and the integration topics."""
