"""What the devices of the house show and take on their wires."""
