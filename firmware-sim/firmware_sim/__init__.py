"""A simulated house: physics in 1 s steps behind devices that speak their real protocols."""
