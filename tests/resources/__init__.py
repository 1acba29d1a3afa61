"""The rules of each noun, one file for each."""
