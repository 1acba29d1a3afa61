"""The edge: a real Varnish in front of the system, configured from the rules that CloudFront gets too."""
