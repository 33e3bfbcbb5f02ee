"""The text telegram of P1 ports, spoken on some HAN ports too: `/XXX5 ... !CRC`."""
