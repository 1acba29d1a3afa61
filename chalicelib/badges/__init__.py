"""Badges: their layout as a PDF page, and the vCard of their QR code."""
