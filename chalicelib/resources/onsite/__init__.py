"""On site: badges, the stations where people are checked in, and who has come."""
