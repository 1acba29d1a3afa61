"""Groups: organisers with several events, and the people who follow them."""
