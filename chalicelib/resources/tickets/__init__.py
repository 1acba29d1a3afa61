"""Tickets: kinds, prices, codes, pools and taxes."""
