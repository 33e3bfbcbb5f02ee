"""Devices that speak MQTT: Tasmota plugs, and Zigbee lights and thermostats behind zigbee2mqtt."""
