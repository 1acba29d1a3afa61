"""The programme: sessions, their speakers, tracks, types and rooms."""
