"""Forms: what organizers ask attendees, speakers and submitters of sessions."""
