"""MQTT devices: Tasmota plugs and zigbee2mqtt lights and thermostats."""
