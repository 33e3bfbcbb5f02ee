"""From what is known of the house to a plan, and from the plan to what the core goes by."""
