"""Forms: what organisers ask attendees, speakers and whoever hands in a session."""
