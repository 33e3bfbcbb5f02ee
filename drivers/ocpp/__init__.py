"""OCPP-J 1.6, 2.0.1 and 2.1: the hub as the central system that a charger calls."""
