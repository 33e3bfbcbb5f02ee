"""Smart Message Language: the optical port of German electricity meters (EDL21, EDL40, basic meters)."""
