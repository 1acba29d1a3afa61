"""Reads that leave the writer, with a replica of real streaming replication."""
