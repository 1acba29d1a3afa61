"""The schema on its way: forwards, backwards, beside people who write, and as the models have it."""
