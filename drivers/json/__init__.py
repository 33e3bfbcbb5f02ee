"""What the drivers of devices that speak JSON share: paths, what is told, options, an owner's own description."""
