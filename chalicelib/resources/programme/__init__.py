"""The programme: sessions, speakers, tracks, session types and rooms."""
