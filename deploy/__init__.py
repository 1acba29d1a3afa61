"""Building, checking and deploying what runs in AWS."""
