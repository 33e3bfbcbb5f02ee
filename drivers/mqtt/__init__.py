"""Devices that speak MQTT: Tasmota, Shelly, zigbee2mqtt, Home Assistant's discovery, and descriptions of one's own."""
