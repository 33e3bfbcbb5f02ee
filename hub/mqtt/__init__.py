"""The broker engines and the integration topics."""
